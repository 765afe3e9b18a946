"""Values with a second meaning become values of fields of their own."""

# Each finds nothing when it runs again
STATEMENTS = (
    # What the last try did in Xero: what was voided by us is told by that alone from now on
    "UPDATE xero_export SET done_operation = 'void' WHERE operation = 'void' AND xero_status IN ('VOIDED', 'DELETED') AND done_operation IS NULL",
    """UPDATE xero_export SET done_operation = operation
        WHERE state = 'synced' AND operation IN ('create', 'update') AND COALESCE(difference, '') = '' AND done_operation IS NULL""",
    # `create` meant "equal" of what is in Xero
    "UPDATE xero_export SET operation = 'none' WHERE state = 'synced' AND (operation = 'create' OR operation != 'none' AND COALESCE(difference, '') = '')",
    "UPDATE xero_export SET digest = NULL, is_content_unknown = TRUE WHERE digest = '-'",
    "UPDATE xero_export SET declined_digest = NULL, is_void_declined = TRUE WHERE declined_digest = 'void'",
    # A rule that skips is no reason to wait
    "UPDATE xero_export SET skip_rule = wait_code, wait_code = NULL WHERE state = 'skipped' AND wait_code IN ('empty', 'mode')",
)


def migrate(cr, version):
    """Give what states mean beside themselves fields of its own.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    for statement in STATEMENTS:
        cr.execute(statement)
