"""Handwritten digits: scikit-learn's, which need no file, and MNIST from files that you have.

The idea: the files say what they are, and are asked. An idx file begins with its type and sizes; a CSV's number of
columns says whether a label stands among the pixels. What does not fit is refused, with what it seems to be instead.

LeCun et al. 1998, "Gradient-based learning applied to document recognition" (MNIST and the idx format); Alpaydin and
Kaynak 1998, "Optical recognition of handwritten digits", UCI, of whose test part scikit-learn's digits are a copy.
"""

import gzip
import io
import math
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy import ndarray

from course_lib.data.images import ImageDataset
from course_lib.files import user_path

PARTS = {"train": "train", "test": "t10k"}  # what MNIST's files of each part begin with
LABEL_COLUMNS = ("label", "class", "digit", "target", "y")
GZIP = b"\x1f\x8b"
UNSIGNED_BYTES = 0x08  # the type of an idx file's values


def load_digits() -> ImageDataset:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, 17 grey levels, from -1 to 1; real, and installed with it."""
    from sklearn import datasets

    digits = datasets.load_digits()
    values = (digits.images / 8 - 1).astype(np.float32)[:, None]
    return ImageDataset(values, digits.target.astype(np.int64), tuple(map(str, range(10))))


def load_mnist(path: str | Path | Sequence[str | Path], *, part: str = "train") -> ImageDataset:
    """Digits in MNIST's two formats, 28 x 28 pixels or any other square, values from -1 to 1.

    Args:
        path: a folder with MNIST's idx files, gzipped or not, labels beside images; one CSV of whole numbers 0 to 255,
            an image a row, with or without a header and a label (by its name in the header, without one the first
            column); or a pair of idx files, (images, labels).
        part: of a folder, "train" or "test".

    Raises:
        FileNotFoundError: if there is no such file or folder, or none of MNIST's in it.
        ValueError: if a file is truncated, empty, of another kind, or does not fit the other one.
    """
    if part not in PARTS:
        raise ValueError(f"load_mnist: expected part to be one of {tuple(PARTS)}, got {part!r}.")
    if not isinstance(path, str | Path):
        if len(path) != 2:
            raise ValueError(f"load_mnist: expected a pair of files, (images, labels), got {len(path)} of them.")
        return _from_idx(*map(user_path, path))
    given = user_path(path)
    if given.is_dir():
        return _from_idx(*(_in_folder(given, part, kind) for kind in ("images", "labels")))
    if not given.is_file():
        raise FileNotFoundError(
            f"load_mnist: there is no {given}. Give a folder with MNIST's idx files, a CSV, or a pair of idx files."
        )
    if ".csv" not in given.suffixes:
        raise ValueError(
            f"load_mnist: {given.name} is no .csv, and one idx file alone is half of a set: give the folder, or the "
            "pair (images, labels)."
        )
    return _from_csv(given)


# -------------------------------------------------------------------------------------------------------------- idx


def _in_folder(folder: Path, part: str, kind: str) -> Path:
    """MNIST's file of that part and kind: train-images-idx3-ubyte, with a dot or .gz as copies have them."""
    found = sorted(folder.glob(f"{PARTS[part]}-{kind}[-.]idx*"))
    if not found:
        there = ", ".join(sorted(each.name for each in folder.iterdir())[:5]) or "nothing"
        raise FileNotFoundError(
            f"load_mnist: expected {PARTS[part]}-{kind}-idx{3 if kind == 'images' else 1}-ubyte, or the same with .gz, "
            f"in {folder}; it holds {there}."
        )
    return found[0]


def _from_idx(images_file: Path, labels_file: Path) -> ImageDataset:
    images, labels = _idx(images_file), _idx(labels_file)
    if images.ndim == 1 and labels.ndim == 3:
        raise ValueError(
            f"load_mnist: {images_file.name} holds labels and {labels_file.name} images: they are exchanged. The order "
            "is (images, labels)."
        )
    for file, array, axes, kind in ((images_file, images, 3, "images"), (labels_file, labels, 1, "labels")):
        if array.ndim != axes:
            raise ValueError(
                f"load_mnist: expected {kind} in {file.name}, an idx file of {axes} ax{'e' if axes > 1 else 'i'}s, got "
                f"one of shape {array.shape}. Is it {'the labels' if array.ndim == 1 else 'another'} file?"
            )
    if len(images) != len(labels):
        raise ValueError(
            f"load_mnist: {images_file.name} holds {len(images):,} images and {labels_file.name} {len(labels):,} "
            "labels. Take both from one part of one copy."
        )
    return _dataset(images, labels.astype(np.int64))


def _idx(path: Path) -> ndarray:
    """The array of unsigned bytes that an idx file holds."""
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTES:
        raise ValueError(
            f"load_mnist: {path.name} is no idx file of bytes: it begins with {content[:4].hex(' ')}, and one of MNIST "
            "with 00 00 08. A web page saved in its place? Fetch it again."
        )
    head = 4 + 4 * content[3]
    sizes = np.frombuffer(content[4:head].ljust(head - 4, b"\0"), dtype=">u4").tolist()
    if len(content) != head + math.prod(sizes):
        raise ValueError(
            f"load_mnist: {path.name} says that it holds {' x '.join(map(str, sizes))} bytes, "
            f"{head + math.prod(sizes):,} with its head, and has {len(content):,}: it was cut short, or something was "
            "added. Fetch it again."
        )
    return np.frombuffer(content[head:], dtype=np.uint8).reshape(sizes)


def _content(path: Path) -> bytes:
    """The bytes of a file, unpacked if they are gzip's, whatever its name says."""
    if not path.is_file():
        raise FileNotFoundError(f"load_mnist: there is no {path}.")
    content = path.read_bytes()
    packed = content[:2] == GZIP
    if packed:
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(
                f"load_mnist: {path.name} is a broken gzip file ({error}): cut short on its way? Fetch it again."
            ) from error
    if not content:
        raise ValueError(
            f"load_mnist: {path.name} holds nothing{', though it is a sound gzip file' if packed else ''}. "
            "Fetch it again."
        )
    return content


# -------------------------------------------------------------------------------------------------------------- CSV


def _from_csv(path: Path) -> ImageDataset:
    lines = _content(path).decode("utf-8-sig", errors="replace").splitlines()
    first = [cell.strip().strip('"') for cell in lines[0].split(",")]
    words = [not _is_number(cell) for cell in first]
    header = first if words[0] or sum(words) > len(first) / 2 else None  # one odd cell is a fault, not a header
    try:
        table = pd.read_csv(io.StringIO("\n".join(lines[bool(header) :])), header=None, dtype=float).to_numpy()
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(
            f"load_mnist: {path.name} is no table of whole numbers ({' '.join(str(error).split())}). Expected an image "
            "a row: its label, if it has one, and its pixels, 0 to 255."
        ) from error
    if header and table.shape[1] != len(header):
        raise ValueError(
            f"load_mnist: the header of {path.name} names {len(header)} columns, its rows have {table.shape[1]}."
        )
    _check_bytes(table, path, first_row=1 + bool(header))
    at = _label_column(header, table, path)
    pixels = table if at is None else np.delete(table, at, axis=1)
    side = math.isqrt(pixels.shape[1])
    dataset = _dataset(
        pixels.reshape(-1, side, side).astype(np.uint8), None if at is None else table[:, at].astype(np.int64)
    )
    if at is None:
        return dataset.with_notes(f"{path.name} has no labels: all its images are of one class.")
    return dataset if header else dataset.with_notes(f"The first column of {path.name} is read as the label.")


def _is_number(cell: str) -> bool:
    """Whether a cell is a number, or empty."""
    try:
        float(cell or 0)
    except ValueError:
        return False
    return True


def _check_bytes(table: ndarray, path: Path, *, first_row: int) -> None:
    bad = ~((table >= 0) & (table <= 255) & (table == np.floor(table)))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = table[row, column]
        shares = np.nanmax(table[:, 1:]) <= 1 and np.nanmin(table) >= 0
        missing = "an empty cell" if np.isnan(value) else f"{value:g}"
        raise ValueError(
            f"load_mnist: expected whole numbers from 0 to 255 in {path.name}, got {missing} in row {row + first_row}, "
            f"column {column + 1}."
            + (" Pixels from 0 to 1 become such numbers by (255 * pixels).round()." if shares else "")
        )


def _label_column(header: list[str] | None, table: ndarray, path: Path) -> int | None:
    """Where the label stands among the columns; None if all of them are pixels."""
    columns = table.shape[1]
    named = [k for k, name in enumerate(header or []) if name.lower() in LABEL_COLUMNS]
    at = named[0] if named else None if _is_square(columns) else 0
    if not _is_square(columns - (at is not None)):
        raise ValueError(
            f"load_mnist: {path.name} has {columns} columns: expected a square number of pixels (784 for 28 x 28), or "
            "one more with the label."
        )
    if header and at == 0 and not named:
        raise ValueError(
            f"load_mnist: the header of {path.name} begins with {header[0]!r}, and none of its {columns} names is one "
            f"of {', '.join(LABEL_COLUMNS)}. Call the label's column 'label', or take the column that is no pixel out."
        )
    if at == 0 and len(table) > 1 and np.ptp(table[:, 0]) == 0 and 0 < np.ptp(table[:, -1]) < 10 and not header:
        raise ValueError(
            f"load_mnist: the first column of {path.name}, where the label stands, is always {table[0, 0]:g}, and the "
            f"last goes from {table[:, -1].min():g} to {table[:, -1].max():g}. Is the label last? Put it first, or "
            "name it in a header."
        )
    return at


def _is_square(number: int) -> bool:
    return number > 1 and math.isqrt(number) ** 2 == number


def _dataset(images: ndarray, labels: ndarray | None) -> ImageDataset:
    """Bytes (N, H, W) and labels as a dataset; digits are called "0" to "9", further classes by their numbers."""
    values = (images.astype(np.float32) / 127.5 - 1)[:, None]
    if labels is None:
        return ImageDataset(values)
    return ImageDataset(values, labels, tuple(map(str, range(max(10, labels.max() + 1)))))
