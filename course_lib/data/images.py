"""Images in the dataset's container: rows and columns in place of time, everything else as for signals.

The idea: a class, a split, a label and a finite value are the same for an image as for a signal, so an image set is a
`SignalDataset` whose values have one axis more. What asks for signals gets them by `flattened()`: an image as one row
of pixels.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from course_lib.data.dataset import SignalDataset


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset(SignalDataset):
    """N images of C channels, H rows and W columns: float32 `values` (N, C, H, W), from -1 (dark) to 1 (bright).

    Labels, class names, `split`, `select`, `take` and the rest are a `SignalDataset`'s.

    Raises:
        ValueError: if a shape, dtype, value or label is not as above; the message names where.
    """

    def _check(self, values: Tensor) -> None:
        if values.ndim != 4 or 0 in values.shape:
            hint = " Grey images (N, H, W) become (N, 1, H, W) with values[:, None]." if values.ndim == 3 else ""
            raise ValueError(
                f"ImageDataset: expected values of shape (N images, C channels, H rows, W columns), none of them 0, "
                f"got {tuple(values.shape)}.{hint}"
            )
        if values.shape[1] > min(values.shape[2:]):
            raise ValueError(
                f"ImageDataset: the shape {tuple(values.shape)} says {values.shape[1]} channels of {values.shape[2]} x "
                f"{values.shape[3]} pixels. If the channels stand last, exchange the axes: values.permute(0, 3, 1, 2)."
            )
        bad = ~(values.abs() <= 1)  # NaN compares false, and so is bad too
        if bad.any():
            n, c, row, column = bad.nonzero()[0].tolist()
            raise ValueError(
                f"ImageDataset: expected values from -1 to 1, but {int(bad.sum())} are not; the first is "
                f"{values[n, c, row, column].item()} in image {n}, channel {c}, row {row}, column {column}. Bytes "
                "become such values with bytes / 127.5 - 1."
            )

    def __repr__(self) -> str:
        size = (
            f"{len(self):,} images of {self.channels} channel{'s' * (self.channels > 1)} x {self.height} x {self.width}"
        )
        classes = f"{self.n_classes} class{'es' * (self.n_classes > 1)}" if self.labelled else "without labels"
        return "\n  ".join([f"ImageDataset: {size} pixels, {classes}", *self.notes])

    @property
    def height(self) -> int:
        return self.values.shape[2]

    @property
    def width(self) -> int:
        return self.values.shape[3]

    def flattened(self) -> SignalDataset:
        """Every image as one row of its pixels, (N, 1, C H W): what forgers and metrics of signals take."""
        return SignalDataset(self.values.flatten(1)[:, None], self.labels, self.class_names, notes=self.notes)

    def unflattened(self, rows: Float[Tensor, "n 1 pixels"]) -> Float[Tensor, "n C H W"]:
        """Rows of pixels (n, 1, C H W) as images of this set's shape, cut to -1 to 1: what forgers drew."""
        return rows.reshape(len(rows), *self.values.shape[1:]).clamp(-1, 1)
