"""A pytest plugin: a test fails if a logger stays muted after it, because the log would hide what later tests complain of.

One `mute_logger` that is entered twice, such as a constant in a helper and around the test that calls it, does that.
"""
import logging

import pytest

from odoo.tools import mute_logger


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown():
    result = yield
    muted = [
        logger for logger in logging.Logger.manager.loggerDict.values()
        if isinstance(logger, logging.Logger) and any(isinstance(handler, mute_logger) for handler in logger.handlers)]
    for logger in muted:
        logger.handlers, logger.propagate = [], True    # for the next test
    if muted:
        pytest.fail(f"These loggers are still muted: {', '.join(logger.name for logger in muted)}")
    return result
