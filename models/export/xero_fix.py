from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import ADMIN_ROLE
from ...tools.client_action import first_warning, notification
from ..mapping.resolver import Resolver
from .containment import contain
from .xero_cause import cause_named

ASKED = 10         # decisions, or contacts, for which one button asks
ATTENTION = Domain('state', 'in', ('failed', 'uncertain')) | Domain('is_different', '=', True)
LOOKED_AT = 500     # refused documents whose lines are looked at, for the decisions that they use


class TracingResolver(Resolver):
    """A resolver that remembers which rows a document uses."""

    def __init__(self, *args):
        super().__init__(*args)
        self.used = set()

    def find(self, mapped_type, source, use=False):
        row = super().find(mapped_type, source, use)
        self.used.add(row.id)
        return row

    def line_target(self, account, taxes, use):
        self._targets.clear()       # else the rows of a line like one before would not be looked up
        return super().line_target(account, taxes, use)


class XeroFix(models.AbstractModel):
    """What can be fixed at once for many failed exports: one button for each cause. `xero.export` inherits this."""
    _name = 'xero.fix'
    _description = "Fixes of Many Failed Exports"

    needs_attention = fields.Boolean("Needs attention", compute='_compute_needs_attention', search='_search_needs_attention')

    @api.model
    @api.readonly
    def get_fixes(self, domain):
        """Return the buttons that fix failed documents, one for each cause.

        :param list domain: the exports that are selected or listed; also others than failed ones.
        :return: list of dicts, the most frequent cause first: `cause`, its `name` and `count`; `label` of the button, or, if the user's role cannot
            fix the cause, `hint`: who can; `is_sent`: whether the fix itself sends the documents again.
        """
        failed = self._checked_domain(domain) & Domain('state', '=', 'failed')
        names = dict(self._fields['cause']._description_selection(self.env))
        fixes = []
        for cause, connections, count in self._read_group(failed, ['cause'], ['connection_id:recordset', '__count'], order='__count DESC'):
            entry = cause_named(cause)
            label, hint = entry.many_label(self.env, count), entry.hint_for(self.env, connections.sudo()._admin_names(entry.role))
            if hint and self._failed(entry.code, domain)._uncertain():
                label, hint = self.env._("Choose the contact"), ''
            fixes.append({
                'cause': entry.code, 'count': count, 'name': names.get(cause, ''), 'label': label, 'hint': hint, 'is_sent': entry.is_sent})
        return fixes

    @api.model
    def action_fix_cause(self, cause, domain):
        """Open what fixes all failed documents with a cause: the undecided rows of the mapping, the partners, the documents, the connection.

        Documents are sent again when the missing decisions are made, also those that Xero refused for a decision.

        :param str cause: code of a cause.
        :param list domain: as for `get_fixes`.
        :raise AccessError: the user's role cannot fix the cause.
        """
        entry = cause_named(cause)
        failed = self._failed(entry.code, domain)
        if not failed:      # fixed since the page was loaded
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        if len(failed) == 1:
            return failed.action_fix()
        if hint := entry.hint_for(self.env, failed.sudo().connection_id._admin_names(entry.role)):
            if uncertain := failed._uncertain():
                return uncertain.action_fix()
            raise AccessError(hint)
        return getattr(failed, entry.opens_many)()

    @api.model
    def action_ask_cause(self, cause, domain):
        """Ask those who can to fix the failed documents with a cause that the user cannot fix: once for each missing decision or contact to correct.

        :param str cause: code of a cause.
        :param list domain: as for `get_fixes`.
        """
        failed = self._failed(cause, domain)
        first = {(export.partner_id if cause == 'contact' else export.mapping_ids[:1]).id: export for export in reversed(failed)}
        answers = [export.action_ask() for export in [*first.values()][:ASKED]]
        if warning := first_warning(answers):
            return warning
        if len(answers) > 1:
            names = {'admins': failed.sudo().connection_id._admin_names(cause_named(cause).helpers_role), 'count': len(answers)}
            return notification('success', self.env._("%(admins)s are asked to correct %(count)s contacts.", **names) if cause == 'contact' else self.env._(
                "%(admins)s are asked for help with %(count)s decisions.", **names))
        return answers[0] if answers else {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    @api.model
    def _failed(self, cause, domain):
        """Return the failed exports of a domain from outside with a cause."""
        return self.search(self._checked_domain(domain) & Domain('state', '=', 'failed') & Domain('cause', '=', cause))

    @api.model
    @api.readonly
    def has_attention(self, domain):
        """Return whether something that needs attention is in a list of exports, so that the list opens with that filter.

        :param list domain: of the list.
        """
        return bool(self.search_count(self._checked_domain(domain) & Domain('needs_attention', '=', True), limit=1))

    @api.depends('state', 'is_different')
    def _compute_needs_attention(self):
        attention = self.filtered_domain(ATTENTION)
        for export in self:
            export.needs_attention = export in attention

    def _search_needs_attention(self, operator, value):
        return ATTENTION if operator == 'in' else NotImplemented

    def _uncertain(self):
        """Return the first of failed exports with an uncertain contact that the user may choose; else none."""
        if not self.env.user.has_group(ADMIN_ROLE):
            return self.browse()
        of_contacts = self.filtered(lambda export: export.cause == 'contact')[:LOOKED_AT]
        return next((export for export in of_contacts if export._contact_candidates()), self.browse())

    @api.model
    def _checked_domain(self, domain):
        """Return the `Domain` of a list of conditions from outside.

        :raise UserError: it is none.
        """
        try:
            return Domain(list(domain))
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("This is no filter of exports: %(domain)s. Load the list again.", domain=str(domain)[:80])) from error

    # === WHAT A BUTTON OPENS === #

    def _action_mapping(self):
        """Open the rows of the mapping that these failed exports need, or that Xero refused; all rows if none is known."""
        self._note_used_rows()
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action')
        rows = self.mapping_ids
        return {**action, 'domain': [('id', 'in', rows.ids)] if rows else [('connection_id', 'in', self.connection_id.ids)]}

    def _note_used_rows(self):
        """Note on documents that Xero refused for a decision which rows they use, so that they are sent again when one of these is changed."""
        unknown = self.sudo().filtered(lambda export: not export.mapping_ids)[:LOOKED_AT]
        for (connection, company, _kind), exports in unknown.grouped(lambda export: (export.connection_id, export.company_id, export.kind)).items():
            resolver = TracingResolver(self.env['xero.mapping'].sudo(), connection, company)
            contain(self.env, exports, lambda some, resolver=resolver: [export._note_used(resolver) for export in some], tell=lambda _export, _error: None)

    def _note_used(self, resolver):
        resolver.used = set()
        self._kind()._build(self, resolver)
        rows = self.env['xero.mapping'].sudo().browse(resolver.used)
        self.mapping_ids = rows.filtered(lambda row: row._thing()._cause == self.cause)

    def _action_connection(self):
        return self._action_records(self.connection_id)

    def _action_partner(self):
        return self._action_records(self.partner_id)

    def _action_documents(self):
        """Open the documents in Odoo; these exports, if they are of several models or were deleted."""
        documents = [export._kind()._chatter_record(export) or export._document() for export in self]
        if len({document._name for document in documents}) == 1 and all(documents):
            return self._action_records(documents[0].union(*documents))
        return self._action_records(self)

    @api.model
    def _action_records(self, records):
        """Return the action that opens one record, or the list of several."""
        action = {'type': 'ir.actions.act_window', 'res_model': records._name, 'name': records._description}
        if len(records) == 1:
            return {**action, 'res_id': records.id, 'views': [(False, 'form')]}
        views = self.env.ref('account.view_invoice_tree').id if records._name == 'account.move' else False
        return {**action, 'domain': [('id', 'in', records.ids)], 'views': [(views, 'list'), (False, 'form')]}
