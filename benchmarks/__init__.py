"""The benches: what makes every committed table and generator under data/, and says whether their settings still hold.

`python -m benchmarks` lists them; each bench also runs by itself, as `python -m benchmarks.fair`.
"""

BENCHES = ("fair", "critics", "penalty", "recipes", "equal_time", "checkpoints", "auslan_facts", "judging")
BENCHES += ("augmentation", "restoration", "conditional", "forecasting", "images", "speed", "foretelling")
