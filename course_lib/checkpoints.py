"""Models and runs on disk: safetensors and JSON, never a pickle, never half a file.

The idea: a checkpoint is weights plus a manifest of what is needed to build the model they fit. Which classes can be
built is a fixed list: a file never says what code to run.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_lib import models
from course_lib.data import Invariants, Mixture, Scaler, SignalDataset, SwissRoll
from course_lib.files import hold, user_path, write_whole

CLASSES = {
    model.__name__: model
    for model in (
        models.SignalGenerator,
        models.SignalCritic,
        models.MultiScaleGenerator,
        models.MultiScaleCritic,
        models.MirrorGenerator,
        models.MirrorCritic,
        models.MLPGenerator,
        models.MLPCritic,
        models.FullyConnectedGenerator,
        models.ConvDiscriminator,
        models.DCGANGenerator,
        models.DCGANDiscriminator,
    )
}


def is_known(model: nn.Module) -> bool:
    """Whether the model is of one of the course's classes: one that only has such a name cannot be built again."""
    return CLASSES.get(type(model).__name__) is type(model)


def is_finite(model: nn.Module) -> bool:
    """Whether every weight and buffer of the model is a finite number."""
    tensors = [*model.parameters(), *model.buffers()]
    return all(bool(torch.isfinite(t).all()) for t in tensors if t.is_floating_point())


def describe(model: nn.Module) -> dict:
    """The model's class and its constructor's arguments, as JSON can hold them."""
    return {"class": type(model).__name__, "arguments": getattr(model, "arguments", {})}


# ---------------------------------------------------------------------------------------------------- one model


def save_model(
    model: nn.Module,
    path: str | Path,
    *,
    scaler: Scaler | None = None,
    class_names: tuple[str, ...] | None = None,
    invariants: Invariants | None = None,
) -> None:
    """Write weights, constructor's arguments, scaler, class names and invariants to one .safetensors file.

    The invariants are of the recordings in their own units: they are imposed after `scaler.inverse`.

    Raises:
        ValueError: if the model is not of the course's classes, or holds a value that is not finite.
        OSError: if the file system refuses.
    """
    if not is_known(model):
        own = " of your own" if type(model).__name__ in CLASSES else ""
        raise ValueError(
            f"save_model: expected one of {sorted(CLASSES)} of course_lib.models, got a {type(model).__name__}{own}. "
            "Only these can be built again by load_model; save your own with safetensors.torch.save_file("
            "model.state_dict(), path)."
        )
    manifest = {
        "model": describe(model),
        "scaler": scaler_to_json(scaler),
        "class_names": class_names and list(class_names),
        "invariants": invariants_to_json(invariants),
    }
    _write_tensors(model.state_dict(), manifest, user_path(path))


def load_model(path: str | Path) -> nn.Module:
    """The model that `save_model` wrote, on the CPU and in eval mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is truncated, was not written by `save_model`, or its weights are another model's.
    """
    tensors, manifest = _read_tensors(user_path(path))
    described = manifest.get("model")
    if not isinstance(described, dict) or described.get("class") not in CLASSES:
        stored = described.get("class") if isinstance(described, dict) else None
        raise ValueError(
            f"load_model: {path} holds {stored or 'no model of this course'}; expected one of {sorted(CLASSES)}, "
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
    return scaler_from_json(_read_tensors(user_path(path))[1].get("scaler"))


def load_class_names(path: str | Path) -> tuple[str, ...] | None:
    """The class names that travelled with a model, or None. Raises as `load_model`."""
    names = _read_tensors(user_path(path))[1].get("class_names")
    return None if names is None else tuple(names)


def load_invariants(path: str | Path) -> Invariants | None:
    """The invariants that travelled with a model, or None. Raises as `load_model`."""
    return invariants_from_json(_read_tensors(user_path(path))[1].get("invariants"))


def load_class_counts(folder: str | Path) -> list[int] | None:
    """How many signals of each class a run was trained on, or None where its run.json is not beside it."""
    path = user_path(folder) / "run.json"
    return json.loads(path.read_text(encoding="utf-8"))["class_counts"] if path.is_file() else None


def scaler_to_json(scaler: Scaler | None) -> dict | None:
    """A scaler as JSON can hold it, to the last bit."""
    return None if scaler is None else {"mean": scaler.mean.tolist(), "std": scaler.std.tolist()}


def scaler_from_json(stored: dict | None) -> Scaler | None:
    """The scaler that `scaler_to_json` described."""
    return None if stored is None else Scaler(mean=torch.tensor(stored["mean"]), std=torch.tensor(stored["std"]))


def invariants_to_json(invariants: Invariants | None) -> dict | None:
    """Invariants as JSON can hold them, to the last bit."""
    return None if invariants is None else dataclasses.asdict(invariants)


def invariants_from_json(stored: dict | None) -> Invariants | None:
    """The invariants that `invariants_to_json` described."""
    return None if stored is None else Invariants(**{name: _as_tuples(value) for name, value in stored.items()})


def _as_tuples(value: object) -> object:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def digest(dataset: SignalDataset | Mixture | SwissRoll) -> str:
    """A fingerprint of values and labels (or of a toy's numbers): a resumed run goes on with the same data."""
    if not isinstance(dataset, SignalDataset):
        return hashlib.sha256(repr(dataset).encode()).hexdigest()
    fingerprint = hashlib.sha256(repr(tuple(dataset.values.shape)).encode())
    for tensor in (dataset.values, dataset.labels):
        fingerprint.update(tensor.contiguous().numpy().tobytes())
    return fingerprint.hexdigest()


# -------------------------------------------------------------------------------------------------------- a run


@contextlib.contextmanager
def run_folder(folder: str | Path | None, *, resume: bool) -> Iterator["RunFolder | None"]:
    """The folder of a run, held against a second run until the `with` block ends; None for no folder.

    Raises:
        ValueError: if another run holds it, if it holds a run and `resume` is False, or only a part of one.
        OSError: if it cannot be made or written to.
    """
    if folder is None:
        yield None
        return
    with hold(user_path(folder)):
        yield RunFolder(user_path(folder), resume=resume)


class RunFolder:
    """A run on disk: `state.safetensors` to go on from, `generator.safetensors` to draw from, `run.json` to read.

    Raises:
        ValueError: if the folder holds a run and `resume` is False, or a run without its state.
    """

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self.folder = folder
        self.state_file = folder / "state.safetensors"
        rest = [name for name in ("generator.safetensors", "run.json") if (folder / name).exists()]
        if self.holds_a_run() and not resume:
            raise ValueError(
                f"train: {folder} holds a run already. Go on with it (resume=True, or --resume), or name another "
                "folder."
            )
        if rest and not self.holds_a_run():
            raise ValueError(
                f"train: {folder} holds {' and '.join(rest)} of a run, and its state.safetensors is missing, so "
                "nothing can go on from it and nothing was overwritten. Put the file back, or name another folder."
            )

    def holds_a_run(self) -> bool:
        """Whether there is a state to go on from."""
        return self.state_file.exists()

    def save(self, description: dict, tensors: dict[str, Tensor], averaged: nn.Module) -> None:
        """Write the state, then the averaged generator; each is whole at any moment."""
        _write_tensors(tensors, description, self.state_file)
        if is_known(averaged):
            save_model(
                averaged,
                self.folder / "generator.safetensors",
                scaler=scaler_from_json(description["scaler"]),
                class_names=tuple(description["class_names"]),
                invariants=invariants_from_json(description["invariants"]),
            )
        write_whole(self.folder / "run.json", json.dumps(description, indent=1).encode())

    def load(self, description: dict) -> tuple[dict[str, Tensor], dict]:
        """The state's tensors, and the description that was saved with them.

        Raises:
            ValueError: if the state is truncated, or was written with other settings, models or data.
        """
        tensors, before = _read_tensors(self.state_file)
        changed = _what_changed(before, json.loads(json.dumps(description)))
        if changed:
            raise ValueError(
                f"train: cannot resume the run in {self.folder}, because it was made with other settings "
                f"({'; '.join(changed)}). Only steps and checkpoint_every may change. Put the old ones back, or name "
                "another folder."
            )
        return tensors, before


def _what_changed(before: dict, now: dict) -> list[str]:
    """Every part of a run's description that differs, in words; the steps, checkpoint_every and the device may."""
    free = {"checkpoint_every", "steps"}
    then = before.get("config", {})
    changed = [
        f"{key}: {then.get(key)!r} then, {value!r} now"
        for key, value in now["config"].items()
        if key not in free and then.get(key) != value
    ]
    parts = {
        "generator": "another generator",
        "critic": "another critic",
        "data": "another training data",
        "class_names": "other class names",
    }
    changed += [sentence for part, sentence in parts.items() if before.get(part) != now[part]]
    if before.get("scaler") != now["scaler"]:
        missing = "the dataset has none now" if now["scaler"] is None else f"it is {now['scaler']} now"
        changed.append(f"another scaler: {before.get('scaler')} then, and {missing}")
    return changed


# ---------------------------------------------------------------------------------------------- tensors in a file


def _write_tensors(tensors: dict[str, Tensor], manifest: dict, path: Path) -> None:
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
    metadata = {key: json.dumps(value) for key, value in manifest.items()}
    write_whole(path, lambda partial: save_file(whole, partial, metadata=metadata))


def _read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint at {path}. Is the path right, and has the run saved one yet?")
    try:
        with safe_open(path, framework="pt") as file:
            manifest = {key: json.loads(value) for key, value in (file.metadata() or {}).items() if key != "format"}
        return load_file(path), manifest
    except (SafetensorError, json.JSONDecodeError, OSError) as error:
        size = path.stat().st_size
        raise ValueError(
            f"{path} ({size:,} bytes) is not a whole checkpoint of this course ({error}). It was cut short or is "
            "another kind of file. Copy it again, or train anew."
        ) from error
