"""A pytest plugin: a worker ends quickly, however busy the machine is.

At its end pytest collects garbage five times, which takes seconds with Odoo's registry in memory. After five seconds pytest-xdist interrupts the
worker, and the log ends with an error.
"""
import gc

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    gc.collect()
    gc.freeze()     # what is left lives as long as the process
