r"""From days to what a forecaster sees: windows of the past, each prepared as its own last day knew it.

The idea: the forecast of day t may know the days before t, the calendar, and what was learnt on the training days.
So every window is cut from a segment of raw days that ends at day t - 1, and is denoised *within* that segment. Whoever
denoises the whole series first and cuts afterwards puts later days into earlier windows; that is done here only where
`Preparation(causal=False)` asks for it, to measure what it is worth.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from course_lib.data.water import WaterDemand
from course_lib.forecasting.cleaning import replace_outliers
from course_lib.forecasting.wavelets import denoise

WEEK = 7


@dataclass(frozen=True)
class Preparation:
    """How days become windows.

    Attributes:
        window: days that a network sees.
        segment: raw days before the forecast, from which the window is denoised; as many as `window`, or more.
        wavelet, level: see `denoise`.
        components: principal components of the weather.
        causal: False lets outliers, denoising, and the weather's scaling and PCA see all days: the leak.
            The demand's own unit (`Windows.scale`) is of the training days in either way.

    Raises:
        ValueError: if a number is out of its range.
    """

    window: int = 7
    segment: int = 32
    wavelet: str = "db4"
    level: int = 2
    components: int = 3
    causal: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.window <= self.segment or self.segment < WEEK or self.components < 1:
            raise ValueError(
                f"Preparation: expected 1 <= window <= segment, a segment of 7 or more and 1 component or more, got "
                f"window={self.window}, segment={self.segment}, components={self.components}."
            )


@dataclass(frozen=True, eq=False)
class Segments:
    """N stretches of S days, and the day after each, which is to be forecast. Demand is in L/s.

    Attributes:
        demand: (N, S + 1), outliers replaced; the last is the day to forecast.
        components: (N, S, K), the weather of the S days.
        weekday: (N,), of the day to forecast, Monday 0.
        smooth: (N, S + 1), the denoised demand where it is given from outside (the leak); None: from each segment.
    """

    demand: Float[ndarray, "N S1"]
    components: Float[ndarray, "N S K"]
    weekday: Int[ndarray, " N"]
    smooth: Float[ndarray, "N S1"] | None = None


@dataclass(frozen=True, eq=False)
class Windows:
    """What the networks see and are to say, in units of `scale` from `level`.

    Attributes:
        raw, smooth, rough: (N, W), the demand, its denoised version, and their difference.
        components: (N, W, K).
        calendar: (N, W, 7): which weekday follows each day of the window.
        smooth_target, rough_target: (N,), what the two are on the day to forecast; their sum is the demand.
        level: (N,), L/s: mean of the last seven days of the segment.
        scale: L/s: spread of the demand from that level on the training days.
    """

    raw: Float[ndarray, "N W"]
    smooth: Float[ndarray, "N W"]
    rough: Float[ndarray, "N W"]
    components: Float[ndarray, "N W K"]
    calendar: Float[ndarray, "N W 7"]
    smooth_target: Float[ndarray, " N"]
    rough_target: Float[ndarray, " N"]
    level: Float[ndarray, " N"]
    scale: float

    def __len__(self) -> int:
        return len(self.level)

    def __getitem__(self, rows: object) -> "Windows":
        parts = {name: value[rows] for name, value in vars(self).items() if name != "scale"}
        return Windows(**parts, scale=self.scale)

    def joined(self, others: "Windows") -> "Windows":
        """These and `others`, which must be in the same units."""
        parts = {name: np.concatenate([value, getattr(others, name)]) for name, value in _arrays(self)}
        return Windows(**parts, scale=self.scale)


@dataclass(frozen=True, eq=False)
class Prepared:
    """Windows of the days to forecast, and which of them may be learnt from.

    Attributes:
        windows: one for each day from day `segment` on.
        day: (N,), the number of the day to forecast, counted from the first of all.
        actual: (N,), what was measured on it, outliers and all.
        train, test: (N,), rows before and from the split on; days whose demand was not measured are in neither.
        dropped: weather columns that were constant on the training days, and were left out.
        segments: what the windows were made of.
    """

    windows: Windows
    day: Int[ndarray, " N"]
    actual: Float[ndarray, " N"]
    train: Bool[ndarray, " N"]
    test: Bool[ndarray, " N"]
    dropped: tuple[str, ...]
    segments: Segments


def prepare(water: WaterDemand, train_days: int, config: Preparation = Preparation()) -> Prepared:  # noqa: B008
    """Clean, cut, denoise, scale. The first `train_days` days are for learning, the others for judging.

    Raises:
        ValueError: if there are too few days for a window on either side, or no weather column varies.
    """
    if not config.segment < train_days < len(water):
        raise ValueError(
            f"prepare: expected more than {config.segment} training days (a segment and a day to forecast) and a day "
            f"after them, got {train_days} of {len(water)} days. Give more days, or a shorter Preparation.segment."
        )
    raw = water.demand.to_numpy(float)
    demand = replace_outliers(raw, causal=config.causal)
    components, dropped = principal_components(water, train_days if config.causal else len(water), config.components)
    span = config.segment + 1
    segments = Segments(
        demand=sliding_window_view(demand, span),
        components=sliding_window_view(components[:-1], config.segment, axis=0).transpose(0, 2, 1),
        weekday=water.demand.index.day_of_week.to_numpy()[config.segment :].astype(np.int64),
        smooth=None if config.causal else sliding_window_view(_smooth(demand, config), span),
    )
    day, measured = np.arange(config.segment, len(water)), water.measured.to_numpy()[config.segment :]
    train = measured & (day < train_days)
    if train.sum() < 2:
        raise ValueError(f"prepare: expected two measured training days or more, got {train.sum()}.")
    level = _level(segments)
    scale = float(np.std((segments.demand[:, -1] - level)[train]))
    if scale == 0:
        raise ValueError("prepare: expected a demand that varies on the training days, got the same every day.")
    windows = windows_of(segments, scale, config)
    return Prepared(windows, day, raw[config.segment :], train, measured & (day >= train_days), dropped, segments)


def windows_of(segments: Segments, scale: float, config: Preparation) -> Windows:
    """Windows of segments, recorded or generated. Each depends on its own segment alone."""
    days, level = config.window, _level(segments)
    smooth = segments.smooth
    if smooth is None:  # each day as the days up to it know it: the target's own is of the S days that end with it
        known, next_known = _smooth(segments.demand[:, :-1], config), _smooth(segments.demand[:, 1:], config)
        smooth = np.concatenate([known, next_known[:, -1:]], axis=1)
    raw, smooth = ((values - level[:, None]) / scale for values in (segments.demand, smooth))
    ahead = (segments.weekday[:, None] - np.arange(days - 1, -1, -1)) % WEEK
    past = slice(-days - 1, -1)
    return Windows(
        raw=raw[:, past],
        smooth=smooth[:, past],
        rough=(raw - smooth)[:, past],
        components=segments.components[:, -days:],
        calendar=np.eye(WEEK)[ahead],
        smooth_target=smooth[:, -1],
        rough_target=(raw - smooth)[:, -1],
        level=level,
        scale=scale,
    )


def principal_components(
    water: WaterDemand, learn_from: int, components: int
) -> tuple[Float[ndarray, "days K"], tuple[str, ...]]:
    """The weather's first components, each of variance 1, learnt on the first days; and the columns left out.

    A column that is constant on those days has no scale (0/0) and is left out. Fewer components than asked for come of
    fewer columns.

    Raises:
        ValueError: if no column varies.
    """
    learnt = water.weather[:learn_from]
    dropped = tuple(str(name) for name in learnt if learnt[name].nunique() == 1)
    kept = water.weather.drop(columns=list(dropped)).to_numpy(float)
    if not kept.shape[1]:
        raise ValueError(
            f"principal_components: expected a weather column that varies over the first {learn_from} days, and all "
            f"{len(dropped)} are constant there."
        )
    scaler = StandardScaler().fit(kept[:learn_from])
    pca = PCA(min(components, kept.shape[1]), whiten=True).fit(scaler.transform(kept[:learn_from]))
    return pca.transform(scaler.transform(kept)), dropped


def _smooth(values: Float[ndarray, "..."], config: Preparation) -> Float[ndarray, "..."]:
    return denoise(values, wavelet=config.wavelet, level=config.level)


def _level(segments: Segments) -> Float[ndarray, " N"]:
    return segments.demand[:, -1 - WEEK : -1].mean(axis=1)


def _arrays(windows: Windows) -> list[tuple[str, ndarray]]:
    return [(name, value) for name, value in vars(windows).items() if name != "scale"]
