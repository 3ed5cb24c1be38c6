r"""Daily water demand of a district, with the weather of its days: simulated, from code alone.

The idea: what makes demand move is written down here, so the course knows what a forecast can find. On day t

$$y_t = b\,\ell_t\,(1 + w_{t \bmod 7})\,(1 + 0.10\, d_{t-1} + 0.05\,\tanh(T_t / 8))\,(1 + \varepsilon_t),$$

with a level $\ell$ that wanders (log random walk, 0.4 % a day), a week $w$ of weekdays and a weekend, the dryness $d$
of the soil *the day before* (it grows on warm dry days and shrinks with rain), the temperature's departure T from its
season, and reading noise $\varepsilon$ (1 %); about one day in eighty is a burst or a failed meter. Season and fronts
move most weather columns together; wind and gust go their own way, and the demand does not hear of them.

`load_water_demand` (`water_files`) reads real recordings into the same `WaterDemand`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

WEEK = np.array([0.0, -0.005, 0.0, 0.005, 0.01, 0.045, -0.035])  # Monday to Sunday, share of the mean
BASE = 25.0  # L/s
LEVEL_STD = 0.004  # of the level's daily step, in logarithms
NOISE_STD = 0.010  # of a reading, share
DRYNESS_WORTH, WARMTH_WORTH = 0.10, 0.05  # share of the demand that a dry soil and a warm day add
BURSTS = 1 / 80  # share of days with a burst or a failed meter
FIRST_DAY = "2021-01-01"


@dataclass(frozen=True, eq=False)
class WaterDemand:
    """Demand and weather, a row a day, without gaps.

    Attributes:
        demand: L/s, the mean of each day; indexed by consecutive days.
        weather: a column a quantity, the same days.
        measured: False on days whose demand was not measured and stands as it was a week before.
        notes: what was repaired, a sentence each.

    Raises:
        ValueError: if the days are not consecutive or differ, or a value is missing or infinite, or a demand is not
            above 0 (a percentage error divides by it).
    """

    demand: pd.Series
    weather: pd.DataFrame
    measured: pd.Series
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        days = self.demand.index
        if len(days) < 2 or not days.equals(pd.date_range(days[0], days[-1], freq="D")):
            raise ValueError(
                "WaterDemand: expected two or more consecutive days without a gap or a repetition. "
                "daily_demand makes them from hourly readings, and says what it filled."
            )
        for name in ("weather", "measured"):
            if not getattr(self, name).index.equals(days):
                raise ValueError(f"WaterDemand: expected {name} on the days of the demand, got other days.")
        for name, values in {"demand": self.demand, **dict(self.weather.items())}.items():
            bad = ~np.isfinite(values.to_numpy(float))
            if bad.any():
                raise ValueError(
                    f"WaterDemand: expected finite values, got {bad.sum()} missing or infinite in {name}, the first on "
                    f"{days[bad.argmax()]:%Y-%m-%d}. daily_demand fills gaps from the past."
                )
        if (self.demand <= 0).any():
            first = days[(self.demand <= 0).argmax()]
            raise ValueError(
                f"WaterDemand: expected a demand above 0, got {self.demand[first]:g} on {first:%Y-%m-%d}. Mark such a "
                "day as not measured, or forecast a district without reversed flow."
            )

    def __len__(self) -> int:
        return len(self.demand)

    def first(self, days: int) -> "WaterDemand":
        """The first `days` days."""
        return WaterDemand(self.demand[:days], self.weather[:days], self.measured[:days], self.notes)


def simulate_water_demand(days: int = 820, *, seed: int = 0) -> WaterDemand:
    """`days` days from 1 January 2021 on: demand in L/s and eight weather columns; equal seeds give equal days.

    Columns: temperature, its least and most (deg C), humidity (%), rain (mm), sunshine (h), wind and gust (km/h).

    Raises:
        ValueError: for fewer than 2 days.
    """
    if days < 2:
        raise ValueError(f"simulate_water_demand: expected 2 days or more, got {days}.")
    random = np.random.default_rng(seed)
    index = pd.date_range(FIRST_DAY, periods=days, freq="D")
    season = -np.cos(2 * np.pi * (index.day_of_year.to_numpy() - 15) / 365.25)
    front, warmth, air = (autoregression(random, days, memory) for memory in (0.6, 0.8, 0.7))
    departure = 3.0 * warmth - 1.5 * front
    mean = 13 + 10 * season + departure
    rain = np.where(front > 0.8, random.gamma(1.2, 6.0, days) * (front > 0.8), 0.0)
    sun = np.clip(7 + 4 * season - 3 * front + random.normal(0, 0.7, days), 0, 15)
    wind = np.clip(12 + 5 * air + random.normal(0, 1, days), 0.5, None)
    spread = np.clip(5 + 0.4 * sun + random.normal(0, 0.7, days), 1, None)
    weather = {
        "temperature": mean,
        "temperature, least": mean - spread,
        "temperature, most": mean + spread,
        "humidity": np.clip(68 + 9 * front - 5 * season + random.normal(0, 3, days), 15, 100),
        "rain": rain,
        "sunshine": sun,
        "wind": wind,
        "gust": wind * 1.8 + random.normal(0, 2, days),
    }
    dry = np.zeros(days)
    for t in range(1, days):
        dry[t] = np.clip(0.9 * dry[t - 1] + 0.006 * max(mean[t] - 8, 0), 0, 1) * np.exp(-0.15 * rain[t])
    level = np.exp(np.cumsum(LEVEL_STD * random.normal(size=days)))
    lift = 1 + DRYNESS_WORTH * np.concatenate([[0.0], dry[:-1]]) + WARMTH_WORTH * np.tanh(departure / 8)
    demand = BASE * level * (1 + WEEK[index.day_of_week]) * lift * (1 + NOISE_STD * random.normal(size=days))
    burst = random.random(days) < BURSTS
    demand = np.where(burst, demand * random.choice([0.7, 1.35], days), demand)
    return WaterDemand(
        pd.Series(demand, index, name="demand"), pd.DataFrame(weather, index), pd.Series(True, index, name="measured")
    )


def autoregression(random: np.random.Generator, n: int, memory: float) -> np.ndarray:
    r"""$x_t = \rho x_{t-1} + \sqrt{1 - \rho^2}\,z_t$: variance 1 at every t, n steps."""
    x = random.normal(size=n)
    for t in range(1, n):
        x[t] = memory * x[t - 1] + np.sqrt(1 - memory**2) * x[t]
    return x
