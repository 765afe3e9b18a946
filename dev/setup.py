"""All set-up, in its order. Runs in the virtual environment."""
from . import browser, databases, odoo_source, postgres
from .scratch import ADDON, ADDONS, CONFIG, DATA_DIR, LOGS, REPOSITORY, exclusive


def ensure_all():
    """Do every step of the set-up that has not been done yet, PostgreSQL left running."""
    with exclusive('setup'):
        odoo_source.ensure()
        browser.ensure()
        _ensure_clone()
        postgres.ensure()
        databases.ensure_template()


def _ensure_clone():
    """Give this clone its add-ons folder, whose link bears the module's name, and its odoo.conf."""
    for folder in (ADDONS, DATA_DIR / 'filestore', LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    if not (ADDON.is_symlink() and ADDON.resolve() == REPOSITORY):
        ADDON.unlink(missing_ok=True)
        ADDON.symlink_to(REPOSITORY)
    addons_path = ','.join(str(path) for path in (*odoo_source.addons_folders(), ADDONS))
    # Unknown keys would log a warning: only what Odoo itself knows belongs here.
    CONFIG.write_text(
        '[options]\n'
        f'addons_path = {addons_path}\n'
        f'data_dir = {DATA_DIR}\n'
        'http_interface = 127.0.0.1\n'
        'list_db = False\n'
        f'screenshots = {LOGS}\n'
        'limit_time_cpu = 600\n'
        'limit_time_real = 1200\n'
    )
