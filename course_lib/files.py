"""The one writer and the one lock: a file appears whole or not at all, and a folder is held by one run at a time.

The idea: a file is written beside its place, brought to the disk, and moved there in one step, so that a process killed
at any moment leaves the old file or the new one. A folder is held by a lock of the operating system, which goes with
the process that holds it, however that dies. What the file system refuses is an `OSError`; `reason` says it in words.
"""

import contextlib
import datetime
import errno
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

LOCK = ".lock"  # the file in a folder that is held; it stays, and says nothing unless it is locked
NAMED_WITHIN = 10.0  # seconds in which who holds a folder has written so
HOLDER = ".holder"  # beside it: who holds the folder; older versions of filelock empty the file that is locked
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota on that disk is used up",
    errno.EFBIG: "the file would be larger than this system lets a file be",
    errno.EROFS: "that file system can only be read",
    errno.EACCES: "you have no permission for it",
    errno.EPERM: "you have no permission for it",
    errno.EISDIR: "a folder stands there, where a file was meant",
    errno.ENOTDIR: "a file stands there, where a folder was meant",
    errno.EEXIST: "a file stands there, where a folder was meant",
    errno.ENOENT: "there is nothing there",
    errno.ENAMETOOLONG: "that name is too long for the file system",
    errno.ELOOP: "its links lead in a circle",
}


def user_path(path: str | Path) -> Path:
    """A path as a person gives it: `~` is their own folder.

    Raises:
        ValueError: if the home that `~` means cannot be found.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"expected a path that can be found, got {str(path)!r}, and the home that ~ stands for cannot be found "
            f"({error}). Write the path without ~, or set HOME."
        ) from None


def reason(error: OSError) -> str:
    """Why the file system said no, in words, with the path where it is known."""
    said = REASONS.get(error.errno, error.strerror or str(error))
    return f"{error.filename}: {said}" if error.filename else said


# ------------------------------------------------------------------------------------------------ the writer


def write_whole(path: str | Path, content: bytes | Callable[[Path], object], *, keep: Path | None = None) -> None:
    """Write a file so that at any moment it is the old one or the new one, readable by all (mode 0644).

    Args:
        path: the file; its folder is there. A link is followed: what it points to is replaced.
        content: the bytes, or a function that writes them to the path it is given (a partial file beside `path`).
        keep: where the old file is moved to, just before; for a moment, then, only that one is there.

    Raises:
        OSError: if the file system refuses; the old file stands, and no partial one is left.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        number = errno.EISDIR if path.is_dir() else errno.EINVAL
        raise OSError(number, "it is no ordinary file, and is left as it is", str(path))
    handle, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        if callable(content):
            content(partial)
        else:
            partial.write_bytes(content)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)  # a temporary file is private
        if keep is not None and path.exists():
            os.replace(path, keep)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def check_room(folder: str | Path, size: int) -> None:
    """Whether a file of `size` bytes can be written into `folder` now: asked of the file system, before long work.

    Where there is no such folder yet, the nearest one above it is asked. Nothing is left behind.

    Raises:
        OSError: if it cannot be: no permission, no room, a file in the folder's place.
    """
    folder = Path(os.path.realpath(folder))
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    try:
        file = tempfile.TemporaryFile(prefix=".partial-", dir=folder)
    except OSError as error:  # it names a file that nobody knows
        raise OSError(error.errno, error.strerror, str(folder)) from None
    with file:
        if size > 0 and hasattr(os, "posix_fallocate"):
            _allocate(file.fileno(), size, folder)
        else:
            for start in range(0, size, 2**20):
                file.write(bytes(min(2**20, size - start)))
            file.flush()


def _allocate(handle: int, size: int, folder: Path) -> None:
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):  # a file system that cannot be asked
            raise OSError(error.errno, error.strerror, str(folder)) from None


# -------------------------------------------------------------------------------------------------- the lock


@contextlib.contextmanager
def hold(folder: str | Path) -> Iterator[None]:
    """Hold `folder`, made if it is missing, against every other process and thread until the `with` block ends.

    The lock is the operating system's: it goes with the process, whether that ends, is killed or loses its power.

    Raises:
        ValueError: if another holds it; the message says who, where that is known.
        OSError: if the folder cannot be made or written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(os.path.realpath(folder)) / LOCK
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise ValueError(
            f"{folder} is in use by {_holder(path.with_name(HOLDER))}. "
            "Wait until it is done, or end it, or name another folder."
        ) from None
    try:
        path.with_name(HOLDER).unlink(missing_ok=True)  # of a run that was killed
        path.with_name(HOLDER).write_text(
            f"process {os.getpid()} on {platform.node()}, since {datetime.datetime.now():%Y-%m-%d %H:%M:%S}",
            encoding="utf-8",
        )
        yield
    finally:
        path.with_name(HOLDER).unlink(missing_ok=True)  # before the lock goes, or it would be the next one's
        lock.release()


def _holder(path: Path) -> str:
    """Who holds the folder. Its name is written after the lock is taken: where there is none yet, it is waited for."""
    last = time.monotonic() + NAMED_WITHIN
    while time.monotonic() < last:
        try:
            if name := path.read_text(encoding="utf-8").strip():
                return name
        except FileNotFoundError:
            pass
        except (OSError, ValueError):
            break
        time.sleep(0.02)
    return "another process"
