"""Models on disk: safetensors and JSON, never a pickle, never half a file.

The idea: a checkpoint is weights plus a manifest of what is needed to build the model they fit. Which classes can be
built is a fixed list: a file never says what code to run. A digest in the file tells it from one that was damaged.
"""

import dataclasses
import errno
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_lib import devices, models
from course_lib.data import Invariants, Mixture, Scaler, SignalDataset, SwissRoll
from course_lib.files import user_path, write_whole

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

DIGEST = "sha256"  # of the tensors and of what is said of them, in the file itself


def is_known(model: nn.Module) -> bool:
    """Whether the model is of one of the course's classes: one that only has such a name cannot be built again."""
    return CLASSES.get(type(model).__name__) is type(model)


def is_finite(model: nn.Module) -> bool:
    """Whether every weight and buffer of the model is a finite number."""
    tensors = [*model.parameters(), *model.buffers()]
    finite = [torch.isfinite(t).all() for t in tensors if t.is_floating_point()]
    return not finite or bool(devices.fetch(torch.stack(finite)).all())


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
    write_tensors(model.state_dict(), manifest, user_path(path))


def load_model(path: str | Path) -> nn.Module:
    """The model that `save_model` wrote, on the CPU and in eval mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is truncated, was not written by `save_model`, or its weights are another model's.
    """
    tensors, manifest = read_tensors(user_path(path))
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
    return scaler_from_json(read_tensors(user_path(path))[1].get("scaler"))


def load_class_names(path: str | Path) -> tuple[str, ...] | None:
    """The class names that travelled with a model, or None. Raises as `load_model`."""
    names = read_tensors(user_path(path))[1].get("class_names")
    return None if names is None else tuple(names)


def load_invariants(path: str | Path) -> Invariants | None:
    """The invariants that travelled with a model, or None. Raises as `load_model`."""
    return invariants_from_json(read_tensors(user_path(path))[1].get("invariants"))


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


# ---------------------------------------------------------------------------------------------- tensors in a file


def write_tensors(tensors: Mapping[str, Tensor], manifest: dict, path: Path, *, keep: Path | None = None) -> None:
    """Write tensors, what is said of them, and a digest of both, to one .safetensors file; `keep` as `write_whole`.

    Raises:
        ValueError: if a tensor other than `history` holds a value that is not finite.
        OSError: if the file system refuses.
    """
    # clone: safetensors refuses tensors that share memory
    whole = {name: devices.fetch(tensor).contiguous().clone() for name, tensor in tensors.items()}
    floats = {name: tensor for name, tensor in whole.items() if tensor.is_floating_point() and name != "history"}
    bad = [name for name, tensor in floats.items() if not torch.isfinite(tensor).all()]
    if bad:
        raise ValueError(f"save: expected finite weights, but {bad[0]} (of {len(bad)}) is not. Nothing was written.")
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {key: json.dumps(value) for key, value in manifest.items()}
    metadata[DIGEST] = _digest_of(whole, metadata)
    write_whole(path, lambda partial: _save(whole, partial, metadata), keep=keep)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    """What `write_tensors` wrote: the tensors, on the CPU, and what is said of them.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it was cut short, changed, or is another kind of file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint at {path}. Is the path right, and has the run saved one yet?")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = {key: value for key, value in (file.metadata() or {}).items() if key != "format"}
        tensors, digest = load_file(path), metadata.pop(DIGEST, None)  # files of before 2026-12 have none
        if digest is not None and digest != _digest_of(tensors, metadata):
            raise ValueError("its digest is another than when it was written")
        return tensors, {key: json.loads(value) for key, value in metadata.items()}
    except (SafetensorError, ValueError, OSError) as error:
        size = path.stat().st_size
        raise ValueError(
            f"{path} ({size:,} bytes) is not a whole checkpoint of this course ({error}). It was cut short or is "
            "another kind of file. Copy it again, or train anew."
        ) from error


def _save(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    try:
        save_file(tensors, path, metadata=metadata)
    except SafetensorError as error:  # its own words for what the file system said
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else errno.EIO, str(error), str(path.parent)) from error


def _digest_of(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    fingerprint = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        fingerprint.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        fingerprint.update(tensors[name].flatten().view(torch.uint8).numpy())
    return fingerprint.hexdigest()
