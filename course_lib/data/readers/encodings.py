"""Which text a file is: its encoding, found from its bytes, or what it is instead of text."""

import codecs
from pathlib import Path

LARGEST_TEXT = 250 * 10**6  # bytes; about ten seconds of reading on one core
_CHUNK = 2**20

_BINARY = {  # how a file begins that is no text, and what it is
    b"PK\x03\x04": "a zip archive or an Excel workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x89HDF": "an HDF5 file (or MATLAB's -v7.3)",
    b"MATLAB 5.0": "a MATLAB file (.mat)",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"SQLite format": "an SQLite database",
    b"%PDF": "a PDF",
    b"{\\rtf": "a rich-text document",
    b"<html": "a web page",
    b"<!DOCTYPE": "a web page",
}
_MARKS = (  # byte order marks; UTF-32's first, because UTF-16's are its beginning
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def find_encoding(path: Path, given: str | None) -> str:
    """The encoding of a text file: as given, by its byte order mark, UTF-8 where that fits, else Windows-1252.

    Raises:
        ValueError: if the file is empty, too large, no text, or not of the encoding given.
    """
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"load_signals: {path.name}: expected signals, but the file is empty. Get it again.")
    if size > LARGEST_TEXT:
        raise ValueError(
            f"load_signals: {path.name}: expected at most {LARGEST_TEXT / 1e6:.0f} MB of text, got "
            f"{size / 1e6:,.0f} MB. Keep fewer signals or steps of it (`head -n 20000` keeps the first lines), or save "
            "it as an array, np.save('signals.npy', values), which is read at any size that fits into memory."
        )
    with open(path, "rb") as file:
        head = file.read(_CHUNK)
    for begins, what in _BINARY.items():
        if head.lower().startswith(begins.lower()):
            raise ValueError(
                f"load_signals: {path.name}: expected text, but the file is {what}, whatever its name ends in. Unpack "
                "it, or open it in the program that wrote it and save it as CSV (in Excel: CSV UTF-8)."
            )
    encoding = given or next((name for mark, name in _MARKS if head.startswith(mark)), None) or _unmarked(head)
    if encoding is None:
        raise ValueError(
            f"load_signals: {path.name}: expected text, but byte {head.index(0)} is zero. Is it a file of numbers "
            "that are no text? Export it as CSV, or read it with NumPy and save it with np.save."
        )
    error = _undecodable(path, encoding)
    if error and given:
        raise ValueError(f"load_signals: {path.name}: expected text in {given}, as told, but {error}. Leave it out.")
    if error and encoding != "utf-8":
        raise ValueError(
            f"load_signals: {path.name}: its first bytes say {encoding}, but {error}. It may be cut short: get it "
            "again, or say encoding=..."
        )
    return "cp1252" if error else encoding


def _unmarked(head: bytes) -> str | None:
    """UTF-16 shows as a zero in every second byte; other zeros are no text (None)."""
    if 0 not in head:
        return "utf-8"
    if head[1::2].count(0) > 0.4 * len(head) and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > 0.4 * len(head) and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _undecodable(path: Path, encoding: str) -> str:
    """Why the bytes are not of this encoding, or ""."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        return "there is no such encoding"
    read = 0
    with open(path, "rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                read += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            return f"byte {read + getattr(error, 'start', 0)} is none"
    return ""
