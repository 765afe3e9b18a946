"""Columns and an XML ID that are named after what they hold or do."""

RENAMED = (
    ('xero_export', 'left_digest', 'declined_digest'),
    ('xero_request', 'strangers', 'unrecognised'),
)


def migrate(cr, version):
    """Rename columns, so that their values stay, and the XML ID of an action, so that the record stays.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    for table, old, new in RENAMED:
        cr.execute("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s", [table])
        columns = {name for name, in cr.fetchall()}
        if old in columns and new not in columns:
            cr.execute(f'ALTER TABLE {table} RENAME COLUMN {old} TO {new}')
    cr.execute("""
        UPDATE ir_model_data SET name = 'xero_export_fix_action'
         WHERE module = 'account_xero' AND name = 'xero_export_mend_action'
           AND NOT EXISTS (SELECT FROM ir_model_data WHERE module = 'account_xero' AND name = 'xero_export_fix_action')""")
