"""The README's picture: real signals above, generated below, from the committed generator. python -m tools.picture"""

from pathlib import Path

import torch

from course_lib import checkpoints, plots
from course_lib.classroom import results
from course_lib.data import simulate_signs
from course_lib.training import sample

OUT = Path(__file__).resolve().parent.parent / "docs" / "real_beside_generated.png"
SIGNS, EACH = (3, 17, 42, 65), 6


def main() -> None:
    """Four signs of 80, six held-out recordings of each, and six from the generator; seeds 0, nothing chosen by eye."""
    plots.set_style()
    real = simulate_signs(80).split(0.8, seed=0)[1].select(SIGNS)
    path = results.generator("signs80")
    labels = torch.tensor(SIGNS).repeat_interleave(EACH)
    made = sample(checkpoints.load_model(path), len(labels), labels=labels, seed=0)
    figure = plots.plot_real_beside_generated(
        real.values,
        checkpoints.load_scaler(path).inverse(made),
        real_labels=real.labels,
        generated_labels=torch.arange(len(SIGNS)).repeat_interleave(EACH),
        class_names=real.class_names,
        per_panel=EACH,
        unit="m",
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(plots.figure_png(figure))


if __name__ == "__main__":
    main()
