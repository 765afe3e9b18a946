"""A pytest plugin that gives each worker a file store of its own.

pytest-odoo lets the workers share that of the database from which they are copied. But Odoo collects the files that no row names after each class
of tests, and one worker does not see the rows of another: it would delete files that the other's running test has just attached.
"""
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from odoo.tests.common import get_db_name
from odoo.tools import config


@pytest.fixture(scope='session', autouse=True)
def own_filestore(load_registry):
    """Link the files of the worker's database into a folder of its own, as long as the session lasts."""
    name = get_db_name()
    shared = Path(config.filestore(name))
    own = shared.with_name(name)
    if own == shared:
        yield
        return
    # Stored files are never written again, so links are as good as copies
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(shared, own, copy_function=os.link)
    with patch.object(config, 'filestore', lambda _dbname: str(own)):
        yield
    shutil.rmtree(own)
