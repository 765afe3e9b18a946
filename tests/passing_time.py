"""Time that passes for the add-on without anybody waiting."""

# Columns that say until when, or since when, something waits
TIMES = (
    ('xero_connection', ('resume_at', 'outage_since', 'extras_resume_at')),
    ('xero_export', ('next_try_at', 'retry_since')),
    ('xero_request', ('sent_at',)),
    ('xero_extra', ('next_try_at', 'key_at')),
)


def let_time_pass(env, interval):
    """Make everything due that waits for a time, as if that time had come.

    :param timedelta interval: how much time passes.
    """
    env.flush_all()
    for table, columns in TIMES:
        # A version of a row more slows down everything that the test reads later: they stay until its transaction ends
        assignments = ', '.join(f'{column} = {column} - %s' for column in columns)
        env.cr.execute(f"UPDATE {table} SET {assignments} WHERE num_nonnulls({', '.join(columns)}) > 0", [interval] * len(columns))
    env.cr.execute("UPDATE xero_connection SET pace = NULL WHERE pace IS NOT NULL")
    env.invalidate_all()
