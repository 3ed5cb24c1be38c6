"""Digits from scikit-learn and from MNIST's files: every byte where it belongs, and what is wrong with a file, said."""

import gzip
import struct

import numpy as np
import pytest
import torch
from sklearn import datasets

from course_lib.data import ImageDataset, SignalDataset, load_digits, load_mnist

NAMES = ("images", "labels")


def some(n=20, side=28, seed=0):
    """Random images with every label twice, as bytes."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (n, side, side), dtype=np.uint8)
    images[0, 0, 0], images[-1, -1, -1] = 0, 255
    return images, np.arange(n, dtype=np.uint8) % 10


def idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def written(folder, images, labels, *, part="train", dot="-", packed=False):
    pack, end = (gzip.compress, ".gz") if packed else (bytes, "")
    for name, array in (("images", images), ("labels", labels)):
        path = folder / f"{part}-{name}{dot}idx{array.ndim}-ubyte{end}"
        path.write_bytes(pack(idx(array)))
    return folder


def as_csv(path, images, labels=None, header=None, last=False):
    table = images.reshape(len(images), -1).astype(int)
    if labels is not None:
        table = np.column_stack([table, labels] if last else [labels, table])
    lines = ([header] if header else []) + [",".join(map(str, row)) for row in table]
    path.write_text("\n".join(lines) + "\n")
    return path


def same(dataset, images, labels):
    """Whether these are the images, by arithmetic of its own, and the labels."""
    wanted = images.astype(np.float64) * 2 / 255 - 1
    return (
        dataset.values.shape == (len(images), 1, *images.shape[1:])
        and np.abs(dataset.values[:, 0].numpy() - wanted).max() < 1e-6
        and dataset.labels.tolist() == labels.tolist()
    )


def test_the_digits_are_scikit_learn_s_with_white_at_one_and_black_at_minus_one():
    digits, theirs = load_digits(), datasets.load_digits()
    assert len(digits) == 1797 and digits.class_names == tuple("0123456789")
    np.testing.assert_allclose((digits.values[:, 0].numpy() + 1) * 8, theirs.images, atol=1e-6)
    assert digits.labels.tolist() == theirs.target.tolist()
    assert digits.values.min() == -1 and digits.values.max() == 1
    assert "1,797 images of 1 channel x 8 x 8 pixels, 10 classes" in repr(digits)


# --- the container


def test_an_image_set_splits_and_selects_as_signals_do_and_stays_one_of_images():
    digits = load_digits()
    first, rest = digits.split(0.6, seed=0)
    flat_first, _ = digits.flattened().split(0.6, seed=0)
    assert isinstance(first, ImageDataset) and len(first) + len(rest) == len(digits)
    assert torch.equal(first.values.flatten(1), flat_first.values.flatten(1))
    sevens = digits.select(["7"])
    assert isinstance(sevens, ImageDataset) and (sevens.height, sevens.width) == (8, 8)
    assert len(sevens) == (digits.labels == 7).sum()


def test_flattened_images_are_signals_and_come_back_as_the_same_images():
    digits = load_digits()[:5]
    flat = digits.flattened()
    assert type(flat) is SignalDataset and flat.values.shape == (5, 1, 64)
    assert torch.equal(digits.unflattened(flat.values), digits.values)
    assert digits.unflattened(3 * flat.values).abs().max() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (torch.zeros(3, 8, 8), r"values\[:, None\]"),
        (torch.zeros(0, 1, 8, 8), "none of them 0"),
        (torch.zeros(3, 8, 8, 1), "permute"),
        (torch.full((3, 1, 8, 8), torch.nan), "the first is nan in image 0, channel 0, row 0, column 0"),
        (torch.zeros(3, 1, 8, 8).index_fill(0, torch.tensor([1]), 255.0), "64 are not; the first is 255.0 in image 1"),
        (torch.zeros(3, 1, 8, 8, dtype=torch.uint8), "float32"),
    ],
)
def test_images_of_another_shape_or_range_are_refused_with_the_place(values, said):
    with pytest.raises(ValueError, match=said):
        ImageDataset(values)


# --- idx


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dot", ["-", "."])
def test_idx_files_in_a_folder_are_read_gzipped_or_not_by_either_spelling(tmp_path, packed, dot):
    images, labels = some()
    dataset = load_mnist(written(tmp_path, images, labels, packed=packed, dot=dot))
    assert same(dataset, images, labels) and dataset.class_names == tuple("0123456789")


def test_each_part_of_a_folder_is_its_own(tmp_path):
    train, test = some(seed=1), some(n=10, seed=2)
    written(written(tmp_path, *train), *test, part="t10k")
    assert same(load_mnist(tmp_path, part="train"), *train)
    assert same(load_mnist(str(tmp_path), part="test"), *test)
    with pytest.raises(ValueError, match="'train', 'test'"):
        load_mnist(tmp_path, part="t10k")


def test_a_pair_of_files_is_read_whatever_they_are_called(tmp_path):
    images, labels = some(side=12)
    (tmp_path / "a").write_bytes(idx(images))
    (tmp_path / "b").write_bytes(gzip.compress(idx(labels)))  # gzip by its first bytes, not by its name
    assert same(load_mnist((tmp_path / "a", tmp_path / "b")), images, labels)
    with pytest.raises(ValueError, match="they are exchanged"):
        load_mnist((tmp_path / "b", tmp_path / "a"))
    with pytest.raises(ValueError, match="got one of shape"):
        load_mnist((tmp_path / "a", tmp_path / "a"))
    with pytest.raises(ValueError, match="a pair of files"):
        load_mnist([tmp_path / "a"])


def test_more_than_ten_classes_are_called_by_their_numbers(tmp_path):
    images, labels = some()
    labels[3] = 25
    assert load_mnist(written(tmp_path, images, labels)).class_names[-1] == "25"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda whole: whole[:-7], "cut short"),
        (lambda whole: whole[:6], "cut short"),
        (lambda whole: whole + b"\0", "something was added"),
        (lambda whole: b"", "holds nothing"),
        (lambda whole: b"<!DOCTYPE html>" + whole, "is no idx file of bytes"),
        (lambda whole: whole[:2] + b"\x0d" + whole[3:], "is no idx file of bytes"),
    ],
)
def test_a_spoilt_idx_file_is_refused_by_its_name_with_what_is_wrong(tmp_path, name, packed, spoil, said):
    written(tmp_path, *some(), packed=packed)
    (path,) = tmp_path.glob(f"*{name}*")
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    path.write_bytes(gzip.compress(spoil(content)) if packed else spoil(content))
    with pytest.raises(ValueError, match=said) as caught:
        load_mnist(tmp_path)
    assert path.name in str(caught.value)
    assert ("sound gzip" in str(caught.value)) == (said == "holds nothing" and packed)


def test_a_gzip_file_that_was_cut_or_spoilt_is_called_that(tmp_path):
    written(tmp_path, *some(), packed=True)
    (path,) = tmp_path.glob("*images*")
    whole = path.read_bytes()
    for broken in (whole[:-20], whole[:300] + b"\xff" * 50 + whole[350:]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="broken gzip file"):
            load_mnist(tmp_path)


def test_labels_in_the_place_of_images_and_numbers_that_differ_are_refused(tmp_path):
    images, labels = some()
    written(tmp_path, images, labels)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(labels))
    with pytest.raises(ValueError, match="expected images in train-images-idx3-ubyte.*Is it the labels file"):
        load_mnist(tmp_path)
    written(tmp_path, images[:-1], labels)
    with pytest.raises(ValueError, match="19 images and .* 20 labels"):
        load_mnist(tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="it holds nothing"):
        load_mnist(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no"):
        load_mnist(tmp_path / "mnist")
    with pytest.raises(FileNotFoundError, match="there is no"):
        load_mnist((tmp_path / "a", tmp_path / "b"))
    written(tmp_path, *some())
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte"):
        load_mnist(tmp_path, part="test")
    with pytest.raises(ValueError, match="half of a set"):
        load_mnist(tmp_path / "train-images-idx3-ubyte")


# --- CSV

PIXELS = [f"pixel{k}" for k in range(784)]


@pytest.mark.parametrize(
    ("header", "last"),
    [(None, False), (["label", *PIXELS], False), (["Label", *PIXELS], False), ([*PIXELS, "class"], True)],
)
def test_a_csv_is_read_with_its_label_by_name_or_in_the_first_column(tmp_path, header, last):
    images, labels = some()
    path = as_csv(tmp_path / "train.csv", images, labels, header and ",".join(header), last)
    dataset = load_mnist(path)
    assert same(dataset, images, labels)
    assert any("first column" in note for note in dataset.notes) == (header is None)


@pytest.mark.parametrize("header", [None, ",".join(PIXELS)])
def test_a_csv_without_labels_is_of_one_class_and_a_note_says_so(tmp_path, header):
    images, _ = some()
    dataset = load_mnist(as_csv(tmp_path / "test.csv", images, header=header))
    assert same(dataset, images, np.zeros(len(images), dtype=int)) and not dataset.labelled
    assert any("has no labels" in note for note in dataset.notes)


def test_a_gzipped_csv_of_another_square_is_read(tmp_path):
    images, labels = some(side=8)
    path = as_csv(tmp_path / "small.csv", images, labels)
    packed = tmp_path / "small.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert same(load_mnist(packed), images, labels)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: "", "holds nothing"),
        (lambda text: text.replace("0,", "0.5,", 1), "got 0.5 in row 1, column 1"),
        (lambda text: text.replace(",255", ",256", 1), "got 256 in row"),
        (lambda text: text.replace(",255", ",", 1), "got an empty cell in row"),
        (lambda text: text.replace(",255", ",-1", 1), "got -1 in row"),
        (lambda text: text.replace(",255", ",x", 1), "no table of whole numbers"),
        (lambda text: "\n".join(line + ",1,2" for line in text.splitlines()), "has 787 columns"),
        (lambda text: text + "1,2,3," * 300 + "\n", "no table of whole numbers"),
        (lambda text: "label,pixel0\n" + text, "names 2 columns, its rows have 785"),
        (lambda text: ",".join(["a", *PIXELS]) + "\n" + text, "begins with 'a'"),
        (lambda text: ",".join(["label", *PIXELS]) + "\n", "no table of whole numbers"),
    ],
)
def test_a_spoilt_csv_is_refused_with_the_place(tmp_path, spoil, said):
    path = as_csv(tmp_path / "train.csv", *some())
    path.write_text(spoil(path.read_text()))
    with pytest.raises(ValueError, match=said):
        load_mnist(path)


def test_pixels_between_zero_and_one_are_told_how_to_become_bytes(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("\n".join(["3," + ",".join(["0.25"] * 784)] * 3))
    with pytest.raises(ValueError, match=r"\(255 \* pixels\).round"):
        load_mnist(path)


def test_a_label_in_the_last_column_of_a_csv_without_a_header_is_not_taken_for_a_pixel(tmp_path):
    images, labels = some()
    images[:, 0, 0] = 0  # as in MNIST, whose corners are empty
    path = as_csv(tmp_path / "train.csv", images, labels, last=True)
    with pytest.raises(ValueError, match="Is the label last"):
        load_mnist(path)
