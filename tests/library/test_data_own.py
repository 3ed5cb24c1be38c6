"""A reader's own arrays as a dataset: without labels, item by item, joined, thinned; and what comes in wrong."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from course_lib.data import (
    Scaler,
    SignalDataset,
    download_auslan,
    load_auslan,
    recordings_digest,
    simulate_signs,
)


def values(n=6, channels=2, length=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, channels, length)).astype(np.float32)


def named(counts, *, seed=0, channels=2):
    labels, names = np.repeat(np.arange(len(counts)), counts), [f"sign {k}" for k in range(len(counts))]
    return SignalDataset(values(len(labels), channels, seed=seed), labels, names)


# --- without labels


def test_recordings_without_labels_are_one_class_and_say_so():
    dataset = SignalDataset(values())
    assert dataset.class_names == ("signal",) and dataset.labels.tolist() == [0] * 6 and not dataset.labelled
    assert "without labels" in repr(dataset)
    first, rest = dataset.split(0.5, seed=0)
    assert not first.labelled and not rest.labelled and not Scaler.fit(dataset).transform(dataset).labelled


def test_one_class_name_without_labels_names_all_signals():
    dataset = SignalDataset(values(), class_names=["breath"])
    assert dataset.labelled and dataset.class_names == ("breath",) and dataset.labels.tolist() == [0] * 6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": np.zeros(6, int)}, "expected class_names as texts, one a class, got None"),
        ({"class_names": ["a", "b"]}, "2 class names and no labels"),
        ({"class_names": "ab"}, "expected class_names as texts, one a class, got 'ab'"),
        ({"labels": np.zeros(6, int), "class_names": [1, 2]}, r"got 1\. Write numbers as text.*select\('3'\)"),
        ({"labels": np.zeros(6, int), "class_names": ["a", None]}, "got None"),
        ({"labels": np.array(list("aababa")), "class_names": ["a", "b"]}, "ndarray of <U1.*np.unique"),
        ({"scaler": Scaler(torch.zeros(3), torch.ones(3))}, "scaler is of 3 channels, the values have 2"),
    ],
)
def test_labels_and_names_that_do_not_go_together_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        SignalDataset(values(), **given)


# --- arrays that are none


def masked(x, *at):
    mask = np.zeros(x.shape, dtype=bool)
    mask[at] = True
    return np.ma.masked_array(x, mask)


def test_masked_values_and_labels_are_refused_with_their_place():
    with pytest.raises(ValueError, match=r"SignalDataset: values: .*1 of 60 are masked, the first at \(3, 1, 2\)"):
        SignalDataset(masked(values(), 3, 1, 2))
    with pytest.raises(ValueError, match=r"SignalDataset: labels: .*1 of 6 are masked, the first at \(4,\)"):
        SignalDataset(values(), masked(np.zeros(6, int), 4), ["a"])
    SignalDataset(np.ma.masked_array(values(), mask=False))


@pytest.mark.parametrize("wrong", ["complex64", "object", "str", "bool", "int64"])
def test_values_of_another_kind_are_refused(wrong):
    with pytest.raises(ValueError, match="expected values as a float32 tensor"):
        SignalDataset(values().astype(wrong))


def test_a_sparse_tensor_is_refused_and_a_gradient_is_left_behind():
    with pytest.raises(ValueError, match="expected values as a float32 tensor"):
        SignalDataset(torch.from_numpy(values()).to_sparse())
    assert not SignalDataset(torch.from_numpy(values()).requires_grad_()).values.requires_grad


def test_the_scaler_refuses_what_it_would_scale_wrongly():
    scaler = Scaler.fit(SignalDataset(values()))
    whole = torch.ones(3, 2, 5, dtype=torch.int64)  # the standard deviation would become a whole number, 0
    for call in (scaler.transform, scaler.inverse):
        for wrong, said in ((whole, "torch.int64"), (values(), "ndarray of float32"), (masked(values(), 1), "masked")):
            with pytest.raises(ValueError, match=said):
                call(wrong)
    for wrong in (np.zeros(2), torch.zeros(2, dtype=torch.int64), masked(np.zeros(2), 1)):
        for arguments in ({"mean": wrong, "std": torch.ones(2)}, {"mean": torch.zeros(2), "std": wrong}):
            with pytest.raises((ValueError, TypeError), match="Scaler"):
                Scaler(**arguments)
    for wrong in (values(), torch.from_numpy(values()), [1.0], None):
        with pytest.raises(ValueError, match=r"Scaler.fit: expected a SignalDataset.*SignalDataset\(values\)"):
            Scaler.fit(wrong)


def test_a_shape_that_looks_exchanged_is_asked_about_and_taken_when_it_is_meant():
    eeg = values(4, 500, 14)  # (N, steps, channels)
    with pytest.raises(ValueError, match=r"500 channels of 14 steps\..*swapaxes\(1, 2\).*channels_first=True"):
        SignalDataset(eeg)
    assert SignalDataset(eeg.swapaxes(1, 2)).channels == 14
    meant = SignalDataset(eeg, np.array([0, 0, 1, 1]), ["a", "b"], channels_first=True)
    part = meant.split(0.5, seed=0)[0].select("a").join(meant).with_notes("still meant")
    assert Scaler.fit(part).transform(part).channels == 500
    SignalDataset(values(4, 14, 14))
    assert simulate_signs(1, 2, 3, channels=5).channels == 5  # a loader knows its own layout


# --- items


def test_an_item_is_a_signal_s_values_and_its_label():
    dataset = named([2, 4])
    for index in (3, -3, np.int64(3), torch.tensor(3)):
        item, label = dataset[index]
        assert torch.equal(item, dataset.values[3]) and label == 1 and type(label) is int
    assert len(list(dataset)) == 6
    for index in (6, -7):
        with pytest.raises(IndexError, match="there are 6 signals, 0 to 5"):
            dataset[index]


@pytest.mark.parametrize("index", [slice(1, 4), [1, 2, 3], np.array([1, 2, 3]), torch.arange(6).sub(2).abs() < 2])
def test_a_slice_a_list_or_a_mask_gives_a_dataset(index):
    dataset = named([2, 4])
    part = dataset[index]
    assert torch.equal(part.values, dataset.values[1:4]) and part.labels.tolist() == [0, 1, 1]
    assert part.class_names == dataset.class_names


@pytest.mark.parametrize("wrong", ["sign 1", None, 1.5, [], [0.5], [[0, 1]], slice(4, 2), masked(np.arange(3), 1)])
def test_an_index_of_another_kind_or_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="dataset.select|at least one signal|are masked"):
        named([2, 4])[wrong]


@pytest.mark.parametrize("wrong", [[6], [-7, 0], [True, False], torch.tensor([True])])
def test_signals_that_are_not_there_are_an_index_error(wrong):
    with pytest.raises(IndexError, match="there are 6 signals|each of 6 signals"):
        named([2, 4])[wrong]


def test_a_slice_may_run_backwards_and_names_of_numpy_are_plain_texts():
    dataset = SignalDataset(values(4), np.arange(4), np.array(list("abcd")))
    assert dataset[::-1].labels.tolist() == [3, 2, 1, 0]
    assert [type(name) for name in dataset.class_names] == [str] * 4


def test_a_dataloader_takes_a_dataset():
    dataset = named([2, 4])
    batches = list(DataLoader(dataset, batch_size=4))
    assert torch.equal(torch.cat([x for x, _ in batches]), dataset.values)
    assert torch.equal(torch.cat([y for _, y in batches]), dataset.labels)


# --- joined


def test_joined_sets_merge_their_classes_by_name():
    a, b = named([1, 2], seed=1), named([2, 1, 1], seed=2).select([2, 1, 0]).with_notes("made later")
    both = a.join(b)
    assert both.class_names == ("sign 0", "sign 1", "sign 2")
    assert torch.equal(both.values, torch.cat([a.values, b.values]))
    expected = [part.class_names[k] for part in (a, b) for k in part.labels.tolist()]
    assert [both.class_names[k] for k in both.labels.tolist()] == expected
    assert both.notes == ("made later",) and len(a.join(b, b)) == 11 and len(SignalDataset.join(a, b)) == 7


def test_what_cannot_be_joined_is_refused_with_the_reason():
    a = named([2, 2])
    scaled = Scaler.fit(a).transform(a)
    assert len(scaled.join(scaled)) == 8
    other = Scaler(torch.zeros(2), torch.ones(2)).transform(a)
    for b, said in (
        (named([2, 2], channels=1), "2 channels x 5 steps and 1 x 5"),
        (SignalDataset(values(3, 2, 7)), "2 channels x 5 steps and 2 x 7"),
        (SignalDataset(values(3)), r"has labels and the other has not.*class_names="),
        (scaled, "different scalers"),
        (values(), "expected a SignalDataset, got ndarray of float32"),
    ):
        with pytest.raises(ValueError, match=said):
            a.join(b)
    with pytest.raises(ValueError, match="different scalers"):
        scaled.join(other)


# --- fewer channels, fewer signals


def test_channels_are_selected_in_order_and_dropped_and_the_scaler_goes_along():
    dataset = SignalDataset(values(8, 4, 6))
    scaled = Scaler.fit(dataset).transform(dataset)
    for part, kept in ((scaled.select_channels([3, 0]), [3, 0]), (scaled.drop_channels([1, 2]), [0, 3])):
        assert torch.equal(part.values, scaled.values[:, kept])
        back = part.scaler.inverse(part)
        torch.testing.assert_close(back.values, dataset.values[:, kept], rtol=1e-6, atol=1e-6)
    assert scaled.drop_channels(0).channels == 3 and scaled.select_channels(np.int64(2)).channels == 1


def test_names_of_channels_go_along_wherever_the_channels_go():
    names = ("force", "angle", "bend")
    dataset = SignalDataset(values(8, 3, 6), np.arange(8) % 2, ["a", "b"], channel_names=list(names))
    scaled = Scaler.fit(dataset).transform(dataset)
    for part in (
        dataset[:4],
        dataset.select("b"),
        dataset.split(0.5, seed=0)[1],
        scaled,
        scaled.scaler.inverse(scaled),
    ):
        assert part.channel_names == names
    assert dataset.select_channels([2, 0]).channel_names == ("bend", "force")
    assert dataset.drop_channels(1).channel_names == ("force", "bend")
    assert SignalDataset(values()).select_channels([1]).channel_names is None
    other = SignalDataset(dataset.values, dataset.labels, dataset.class_names, channel_names=("x", "y", "z"))
    assert dataset.join(dataset).channel_names == names and dataset.join(other).channel_names is None
    for wrong in (["force"], "force", ()):
        with pytest.raises(ValueError, match="expected channel_names, a text for each of 3 channels, got"):
            SignalDataset(values(8, 3, 6), channel_names=wrong)


@pytest.mark.parametrize("wrong", [[4], [-1], [0, 0], [], ["right_x"], "x"])
def test_channels_that_are_none_are_refused(wrong):
    for method in ("select_channels", "drop_channels"):
        with pytest.raises(ValueError, match=f"{method}: expected"):
            getattr(SignalDataset(values(3, 4, 6)), method)(wrong)
    with pytest.raises(ValueError, match="all 4 are dropped"):
        SignalDataset(values(3, 4, 6)).drop_channels(range(4))


def test_so_many_of_each_class_are_drawn_by_the_seed_and_fewer_are_among_more():
    dataset = named([5, 8, 30])
    few, more, other = dataset.take(2, seed=1), dataset.take(4, seed=1), dataset.take(4, seed=2)
    assert few.class_counts == [2, 2, 2] and more.class_counts == [4, 4, 4]
    rows = {tuple(x.flatten().tolist()) for x in more.values}
    assert {tuple(x.flatten().tolist()) for x in few.values} < rows
    assert not torch.equal(more.values, other.values)
    order = [(dataset.values == x).all(2).all(1).nonzero().item() for x in more.values]
    assert order == sorted(order)


def test_a_class_with_too_few_is_named():
    with pytest.raises(ValueError, match=r"at least 6 .* but 2 of 3 have fewer: 'sign 0 \(5\)', 'sign 2 \(0\)'"):
        named([5, 8, 0]).take(6, seed=0)
    with pytest.raises(ValueError, match="a whole number of each class, 1 or more, got 0"):
        named([5]).take(0, seed=0)
    with pytest.raises(ValueError, match="got 2.5"):
        named([5]).take(2.5, seed=0)


# --- files


@pytest.mark.parametrize(
    "name", ["own.csv", "own.tsv", "bom.csv", "own.npy", "own.npz", "own.txt", "empty.csv", "own.mat"]
)
def test_own_files_are_told_what_can_be_read_and_not_that_an_archive_is_cut_short(tmp_path, name):
    path = tmp_path / name
    path.write_bytes({"empty.csv": b"", "bom.csv": b"\xef\xbb\xbf1,2\n"}.get(name, b"1,2\n"))
    if name == "own.npy":
        np.save(path, values())
    if name == "own.npz":
        np.savez(path, values=values())
    for given in (path, tmp_path):
        with pytest.raises(
            (ValueError, FileNotFoundError), match=r"Auslan recordings and nothing else.*SignalDataset"
        ) as error:
            load_auslan(given)
        assert "cut short" not in str(error.value)


def test_a_tilde_in_a_path_is_the_reader_s_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    rows = np.random.default_rng(0).normal(size=(20, 22)).cumsum(axis=0)
    (tmp_path / "recordings" / "tctodd1").mkdir(parents=True)
    for k in (1, 2):
        np.savetxt(tmp_path / "recordings" / "tctodd1" / f"God-{k}.tsd", rows, delimiter="\t")
    assert len(load_auslan("~/recordings")) == 2
    assert recordings_digest("~/recordings") == recordings_digest(tmp_path / "recordings")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):  # it looked there, and not in a folder called ~
        download_auslan("~/file/below")
