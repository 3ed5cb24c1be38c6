"""Models and runs on disk: safetensors and JSON, never a pickle, never half a file.

The idea: a checkpoint is weights plus the words needed to build the model they fit, and a file is written beside its
place and then moved there in one step, so that a process killed at any moment leaves the old file or the new one.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_lib import models
from course_lib.data import Mixture, Scaler, SignalDataset, SwissRoll

CLASSES = {
    model.__name__: model
    for model in (models.SignalGenerator, models.SignalCritic, models.MLPGenerator, models.MLPCritic)
}


def describe(model: nn.Module) -> dict:
    """The model's class and its constructor's arguments, as JSON can hold them."""
    return {"class": type(model).__name__, "arguments": getattr(model, "arguments", {})}


def save_model(
    model: nn.Module, path: str | Path, *, scaler: Scaler | None = None, class_names: tuple[str, ...] | None = None
) -> None:
    """Write weights, constructor's arguments, scaler and class names to one .safetensors file.

    Raises:
        ValueError: if the model is not of the course's classes, or holds a value that is not finite.
    """
    if type(model).__name__ not in CLASSES:
        raise ValueError(f"save_model: expected one of {sorted(CLASSES)}, got a {type(model).__name__}.")
    words = {
        "model": describe(model),
        "scaler": scaler_to_json(scaler),
        "class_names": class_names and list(class_names),
    }
    _write_tensors(model.state_dict(), words, Path(path))


def load_model(path: str | Path) -> nn.Module:
    """The model that `save_model` wrote, on the CPU and in eval mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is truncated, was not written by `save_model`, or its weights are another model's.
    """
    tensors, words = _read_tensors(Path(path))
    described = words.get("model")
    if not isinstance(described, dict) or described.get("class") not in CLASSES:
        found = described.get("class") if isinstance(described, dict) else None
        raise ValueError(
            f"load_model: {path} holds {found or 'no model of this course'}; expected one of {sorted(CLASSES)}, "
            "written by save_model. A run's state.safetensors is for resuming: draw from the generator.safetensors "
            "beside it."
        )
    try:
        model = CLASSES[described["class"]](**described["arguments"])
        model.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"load_model: the weights in {path} do not belong to the {described['class']} that it describes "
            f"({reason}). Was it written by another version? Train it again, or take the version that wrote it."
        ) from error
    return model.eval()


def load_scaler(path: str | Path) -> Scaler | None:
    """The scaler that travelled with a model, or None. Raises as `load_model`."""
    return scaler_from_json(_read_tensors(Path(path))[1].get("scaler"))


def load_class_names(path: str | Path) -> tuple[str, ...] | None:
    """The class names that travelled with a model, or None. Raises as `load_model`."""
    names = _read_tensors(Path(path))[1].get("class_names")
    return None if names is None else tuple(names)


def load_class_counts(folder: str | Path) -> list[int] | None:
    """How many signals of each class a run was trained on, or None where its run.json is not beside it."""
    path = Path(folder) / "run.json"
    return json.loads(path.read_text())["class_counts"] if path.is_file() else None


def scaler_to_json(scaler: Scaler | None) -> dict | None:
    return None if scaler is None else {"mean": scaler.mean.tolist(), "std": scaler.std.tolist()}


def scaler_from_json(words: dict | None) -> Scaler | None:
    return None if words is None else Scaler(mean=torch.tensor(words["mean"]), std=torch.tensor(words["std"]))


def digest(dataset: SignalDataset | Mixture | SwissRoll) -> str:
    """A fingerprint of values and labels (or of a toy's numbers): a resumed run goes on with the same data."""
    if not isinstance(dataset, SignalDataset):
        return hashlib.sha256(repr(dataset).encode()).hexdigest()
    found = hashlib.sha256(repr(tuple(dataset.values.shape)).encode())
    for tensor in (dataset.values, dataset.labels):
        found.update(tensor.contiguous().numpy().tobytes())
    return found.hexdigest()


class RunFolder:
    """A run on disk: `state.safetensors` to go on from, `generator.safetensors` to draw from, `run.json` to read.

    Raises:
        ValueError: if the folder holds a run and `resume` is False.
    """

    def __init__(self, folder: str | Path, *, resume: bool) -> None:
        self.folder = Path(folder)
        self.state_file = self.folder / "state.safetensors"
        if self.exists() and not resume:
            raise ValueError(
                f"train: {self.folder} holds a run already. Go on with it (resume=True, or --resume), or name another "
                "folder."
            )
        self.folder.mkdir(parents=True, exist_ok=True)

    def exists(self) -> bool:
        return self.state_file.exists()

    def save(self, description: dict, tensors: dict[str, Tensor], averaged: nn.Module) -> None:
        """Write the state, then the averaged generator; each is whole at any moment."""
        _write_tensors(tensors, description, self.state_file)
        scaler = scaler_from_json(description["scaler"])
        if type(averaged).__name__ in CLASSES:
            path = self.folder / "generator.safetensors"
            save_model(averaged, path, scaler=scaler, class_names=tuple(description["class_names"]))
        write_whole(self.folder / "run.json", json.dumps(description, indent=1).encode())

    def load(self, description: dict) -> dict[str, Tensor]:
        """The state's tensors.

        Raises:
            ValueError: if the state is truncated, or was written with other settings, models or data.
        """
        tensors, before = _read_tensors(self.state_file)
        free = {"checkpoint_every", "steps"}
        was = {key: value for key, value in before.get("config", {}).items() if key not in free}
        now = {key: value for key, value in json.loads(json.dumps(description["config"])).items() if key not in free}
        changed = [f"{key}: {was.get(key)!r} then, {now.get(key)!r} now" for key in now if was.get(key) != now.get(key)]
        for part, name in (("generator", "generator"), ("critic", "critic"), ("data", "training data")):
            if before.get(part) != json.loads(json.dumps(description[part])):
                changed.append(f"another {name}")
        if changed:
            raise ValueError(
                f"train: cannot resume the run in {self.folder}, because it was made with other settings "
                f"({'; '.join(changed)}). Only steps and checkpoint_every may change. Put the old ones back, or name "
                "another folder."
            )
        return tensors


def _write_tensors(tensors: dict[str, Tensor], words: dict, path: Path) -> None:
    bad = [
        name
        for name, tensor in tensors.items()
        if tensor.is_floating_point() and name != "history" and not torch.isfinite(tensor).all()
    ]
    if bad:
        raise ValueError(f"save: expected finite weights, but {bad[0]} (of {len(bad)}) is not. Nothing was written.")
    path.parent.mkdir(parents=True, exist_ok=True)
    # clone: safetensors refuses tensors that share memory
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    partial = _beside(path)
    try:
        save_file(whole, partial, metadata={key: json.dumps(value) for key, value in words.items()})
        _move(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint at {path}. Is the path right, and has the run saved one yet?")
    try:
        with safe_open(path, framework="pt") as file:
            words = {key: json.loads(value) for key, value in (file.metadata() or {}).items() if key != "format"}
        return load_file(path), words
    except (SafetensorError, json.JSONDecodeError, OSError) as error:
        size = path.stat().st_size
        raise ValueError(
            f"{path} ({size:,} bytes) is not a whole checkpoint of this course ({error}). It was cut short or is "
            "another kind of file. Copy it again, or train anew."
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` so that at any moment the file is the old one or the new one."""
    partial = _beside(path)
    partial.write_bytes(content)
    _move(partial, path)


def _beside(path: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    return Path(name)


def _move(partial: Path, path: Path) -> None:
    with open(partial, "rb") as file:
        os.fsync(file.fileno())
    os.chmod(partial, 0o644)  # a temporary file is private; a checkpoint is to be read by others too
    os.replace(partial, path)
