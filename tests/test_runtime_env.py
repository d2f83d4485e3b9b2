"""Settings of the process."""

import gc

from explorer.runtime_env import SETTINGS, YOUNG_OBJECTS, collect_later, collect_seldom, prepare_environment


def test_what_the_user_has_set_stays_as_it_is() -> None:
    environment = {"OMP_WAIT_POLICY": "ACTIVE"}
    prepare_environment(environment)
    assert environment == {**SETTINGS, "OMP_WAIT_POLICY": "ACTIVE"}


def test_cycles_are_looked_for_seldom_but_still_found() -> None:
    before = gc.get_threshold()
    try:
        collect_later()
        assert not gc.isenabled()
        collect_seldom()
        assert gc.isenabled()
        assert gc.get_threshold()[0] == YOUNG_OBJECTS
        assert gc.get_threshold()[1:] == before[1:]
    finally:
        gc.enable()
        gc.unfreeze()
        gc.set_threshold(*before)
