"""The README's picture: recordings, generated signals, and how large their steps are. python -m tools.picture"""

from pathlib import Path

import matplotlib.pyplot as plt
import seaborn as sns
import torch
from matplotlib.figure import Figure

from course_lib import checkpoints, plots
from course_lib.classroom import results
from course_lib.data import SignalDataset, simulate_signs
from course_lib.training import sample

OUT = Path(__file__).resolve().parent.parent / "docs" / "real_beside_generated.png"
SIGNS, EACH, RATE = (3, 17, 42, 65), 6, 80
SMALLEST = 1e-5  # of the steps that are drawn, in metres


def picture(real: SignalDataset, made: torch.Tensor) -> Figure:
    """A column a sign: `EACH` recordings, as many generated signals, and the shares of steps of all of them by size."""
    figure, axes = plt.subplots(3, len(SIGNS), figsize=(10.2, 6), sharex="row", sharey="row", layout="constrained")
    axes[1, 0].sharey(axes[0, 0])
    time = torch.arange(real.length) / RATE
    labels = torch.arange(len(SIGNS)).repeat_interleave(len(made) // len(SIGNS))
    for k, column in enumerate(axes.T):
        sides = {"real": real.values[real.labels == k][:, 0], "generated": made[labels == k][:, 0]}
        for ax, (name, signals) in zip(column, sides.items(), strict=False):
            ax.plot(time, signals[:EACH].T, color=plots.PALETTE[name], alpha=0.6, linewidth=1.1)
            steps = signals.diff(dim=-1).abs().flatten().clamp_min(SMALLEST)
            style = {"color": plots.PALETTE[name], "linestyle": "-" if name == "real" else "--"}
            sns.ecdfplot(x=steps.numpy(), log_scale=True, ax=column[2], label=name, **style)
        column[0].set_title(real.class_names[k])
        column[1].set_xlabel("time (s)")
        column[2].set(xlabel="|difference of neighbours| (m)", ylabel="", xlim=(1e-4, None))
    for ax, name in zip(axes[:, 0], ("recordings (m)", "generated (m)", "share of steps below"), strict=True):
        ax.set_ylabel(name)
    axes[2, 0].legend(loc="upper left", frameon=False)
    return figure


def main() -> None:
    """Four signs of 80, held-out recordings and as many generated signals of each; seeds 0, nothing chosen by eye."""
    plots.set_style()
    real = simulate_signs(80).split(0.8, seed=0)[1].select(SIGNS)
    path = results.generator("signs80")
    labels = torch.tensor(SIGNS).repeat_interleave(len(real) // len(SIGNS))
    made = sample(checkpoints.load_model(path), len(labels), labels=labels, seed=0)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(plots.figure_png(picture(real, checkpoints.load_scaler(path).inverse(made))))


if __name__ == "__main__":
    main()
