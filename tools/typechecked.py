"""beartype as PEP 484 reads numbers: where a float is asked for, a whole number is fine (`penalty_weight=10`)."""

from beartype import BeartypeConf, beartype

typechecked = beartype(conf=BeartypeConf(is_pep484_tower=True))
