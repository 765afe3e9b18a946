"""Building documents as they would be sent now. A document that cannot be built does not stop the others."""
from ...tools.problem import Problem
from ..export.containment import contain
from .xero_payload import Payload


def build(exports):
    """Return documents of one connection, kind and company as they would be sent now, without any call.

    A document whose building ends in an unexpected error, of this or another add-on, is returned with a problem.

    :param exports: `xero.export`.
    :return: list of `Payload`, in the order of the exports.
    """
    broken, env = {}, exports.env

    def build_some(some):
        return some._kind()._build(some, env['xero.mapping']._prefetch_for(some.connection_id, some.company_id))

    def tell(export, error):
        broken[export] = Payload(export, problems=[Problem('data', env._(
            "%(document)s could not be prepared for Xero (%(error)s). Ask your administrator to look into Odoo's log, then resync.",
            document=export.document_name, error=type(error).__name__))])

    groups, _failed = contain(env, exports, build_some, tell=tell)
    by_export = {one.export: one for group in groups for one in group} | broken
    return [by_export[export] for export in exports if export in by_export]
