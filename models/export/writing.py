"""Writing values of their own on many exports at once."""
from odoo.tools import SQL

from .xero_export_values import DIFFERENCE_FIELDS


def write_each(exports, vals_list):
    """Write values of its own on each export.

    The columns are written with one UPDATE for all exports: the ORM would collect them value by value, and update the exports twice.
    Decisions, and differences that the list of differences follows, are written as usual.

    :param exports: `xero.export`.
    :param list vals_list: dicts with the same keys, in the order of the exports.
    """
    names = next(iter(vals_list), {}).keys()
    usual = {name for name in names if not exports._fields[name].column_type}
    usual |= {name for name in DIFFERENCE_FIELDS & names if any(exports.mapped(name)) or any(vals[name] for vals in vals_list)}
    _update_columns(exports, vals_list, sorted(names - usual))
    for export, vals in zip(exports, vals_list) if usual else ():
        export.write({name: vals[name] for name in usual})


def _update_columns(exports, vals_list, names):
    """Update columns of exports; those with the same value for all of them are sent to the database once.

    :param list names: of the columns.
    """
    if not names:
        return
    exports.check_access('write')
    exports.flush_recordset(names)
    fields, first = [exports._fields[name] for name in names], vals_list[0]
    own = [field for field in fields if any(vals[field.name] != first[field.name] for vals in vals_list)]
    exports.env.cr.execute(SQL(
        "UPDATE xero_export SET %s FROM (VALUES %s) AS own (%s) WHERE xero_export.id = own.id",
        SQL(", ").join([
            SQL("write_uid = %s, write_date = %s", exports.env.uid, exports.env.cr.now()),
            *(SQL("%s = %s", SQL.identifier(field.name),
                  SQL("own.%s::%s", SQL.identifier(field.name), SQL(field.column_type[1])) if field in own
                  else SQL("%s", field.convert_to_column_insert(first[field.name], exports))) for field in fields)]),
        SQL(", ").join((export.id, *(field.convert_to_column_insert(vals[field.name], export) for field in own)) for export, vals in zip(exports, vals_list)),
        SQL(", ").join(map(SQL.identifier, ('id', *(field.name for field in own))))))
    exports.invalidate_recordset([*names, 'write_uid', 'write_date'], flush=False)
    exports.modified(names)
