"""Each direction of payments has a first day of its own."""


def migrate(cr, version):
    """Copy the day of journals that send payments, before Odoo makes the column and begins all of them today.

    :param cr: cursor of the database.
    :param str version: that the database had; the first one has no payments.
    """
    cr.execute("""
        SELECT COUNT(*) FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = 'account_journal' AND column_name IN ('xero_payments', 'xero_payments_since')""")
    if cr.fetchone() != (2,):
        return
    cr.execute("ALTER TABLE account_journal ADD COLUMN IF NOT EXISTS xero_payments_out_since date")
    cr.execute("""
        UPDATE account_journal SET xero_payments_out_since = xero_payments_since
         WHERE xero_payments IN ('out', 'both') AND xero_payments_out_since IS NULL""")
