"""A consent names the page on which it began, instead of saying whether that was the board of connections."""


def migrate(cr, version):
    """Name the board for consents that began there, before Odoo removes the column that said so.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    cr.execute("""
        SELECT FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = 'xero_consent' AND column_name = 'from_board'""")
    if not cr.rowcount:
        return
    cr.execute("ALTER TABLE xero_consent ADD COLUMN IF NOT EXISTS origin varchar")
    cr.execute("UPDATE xero_consent SET origin = 'board' WHERE from_board AND origin IS NULL")
