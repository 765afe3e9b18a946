from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from ...const import FINAL_STATUSES
from .xero_export_values import STATES

# State shown → Xero's status of a synced document
BY_STATUS = {'draft': 'DRAFT', 'submitted': 'SUBMITTED', 'paid': 'PAID'}
IN_XERO = [
    ('different', "Different"),
    ('draft', "Draft in Xero"),
    ('submitted', "Awaiting approval"),
    ('paid', "Paid"),
    ('voided', "Voided"),
]


class XeroShownState(models.AbstractModel):
    """What a person reads as the state of an export: its state, and for a synced document what became of it in Xero. `xero.export` inherits this.

    `state` drives the exports; this one is only shown and searched. It is not stored, so that the many exports that a request settles are
    written once, and databases of older versions need no script: all that decides it is stored.
    """
    _name = 'xero.shown.state'
    _description = "State of a Xero Export as It Is Shown"

    shown_state = fields.Selection(
        [*(pair for pair in STATES if pair[0] != 'skipped'), *IN_XERO, ('skipped', "Skipped")], string="State in Odoo and Xero",
        compute='_compute_shown_state', search='_search_shown_state',
        help="Synced documents are shown as what became of them in Xero: different from Odoo, draft, awaiting approval, paid or voided.")
    state_hint = fields.Text(
        string="State in words", compute='_compute_state_hint', help="Why it has this state, and its status, number and date in Xero if they say more.")
    xero_date = fields.Date(string="Date in Xero", readonly=True, help="The date that the document has in Xero, as Xero answered it last.")
    other_date = fields.Date(string="Other date in Xero", compute='_compute_other_date', help="The date in Xero, if it is not the one in Odoo.")

    @api.depends('state', 'difference', 'closed_difference', 'xero_status', 'done_operation')
    def _compute_shown_state(self):
        for export in self:
            export.shown_state = export._shown_in_xero() if export.state == 'synced' else export.state

    def _shown_in_xero(self):
        """Return the state to show for a synced document."""
        if self.is_different:
            return 'different'
        if self.xero_status in FINAL_STATUSES or self._is_undone():
            return 'voided'
        return next((shown for shown, status in BY_STATUS.items() if status == self.xero_status), 'synced')

    def _search_shown_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return Domain.OR(self._shown_domain(shown) for shown in value)

    @api.model
    def _shown_domain(self, shown):
        """Return the domain of exports that show a state."""
        in_xero, different = Domain('state', '=', 'synced'), Domain('is_different', '=', True)
        voided = Domain('xero_status', 'in', FINAL_STATUSES) | Domain('done_operation', '=', 'void')
        if shown == 'different':
            return in_xero & different
        if shown == 'voided':
            return in_xero & ~different & voided
        if shown in BY_STATUS:
            return in_xero & ~different & ~voided & Domain('xero_status', '=', BY_STATUS[shown])
        if shown == 'synced':
            return in_xero & ~different & ~voided & Domain('xero_status', 'not in', list(BY_STATUS.values()))
        return Domain('state', '=', shown)

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec != 'shown_state':
            return super()._read_group_groupby(alias, groupby_spec, query)
        self._check_field_access(self._fields['shown_state'], 'read')
        return self._shown_sql(alias, query)

    @api.model
    def _shown_sql(self, alias, query):
        """Return the SQL expression of the state that an export shows.

        :param str alias: of the exports in the query.
        """
        return SQL("CASE %s ELSE %s END", SQL(" ").join(
            SQL("WHEN %s THEN %s", self._shown_domain(shown).optimize_full(self)._to_sql(self, alias, query), shown) for shown, _label in IN_XERO
        ), self._field_to_sql(alias, 'state', query))

    @api.model
    def _newest_shown(self):
        """Return the SQL of a table of entries (`move_id`) with an export, and the state (`shown`) that the newest one shows."""
        query = self._search([('move_id', '!=', False)])
        move = self._field_to_sql(query.table, 'move_id', query)
        query.order = SQL("%s, %s DESC", move, SQL.identifier(query.table, 'id'))
        shown = self._shown_sql(query.table, query)
        return SQL("(%s)", query.select(SQL("DISTINCT ON (%s) %s AS move_id, %s AS shown", move, move, shown)))

    @api.model
    def _moves_shown(self, states):
        """Return the domain of the entries (`account.move`) whose newest export shows one of some states."""
        found = self._search(self._search_shown_state('in', states))
        newer = SQL(
            "NOT EXISTS (SELECT 1 FROM xero_export newer WHERE newer.move_id = %s AND newer.id > %s)",
            SQL.identifier(found.table, 'move_id'), SQL.identifier(found.table, 'id'))
        found.add_where(newer)
        return Domain('id', 'in', found.subselect('move_id'))

    @api.depends('xero_date', 'document_date')
    def _compute_other_date(self):
        for export in self:
            export.other_date = export.xero_date if export.xero_date != export.document_date else False

    @api.depends('state', 'explanation', 'xero_status_label', 'other_date', 'synced_at')
    @api.depends_context('lang', 'tz')
    def _compute_state_hint(self):
        for export in self:
            lines = [export.explanation]
            if export.state == 'synced':
                lines.append(export.xero_status_label and self.env._("Status in Xero: %(status)s", status=export.xero_status_label))
                lines.append(export.other_date and self.env._(
                    "Date: %(ours)s in Odoo, %(xeros)s in Xero",
                    ours=format_date(self.env, export.document_date), xeros=format_date(self.env, export.other_date)))
                lines.append(export.synced_at and self.env._("Synced on %(time)s", time=format_datetime(self.env, export.synced_at, dt_format='short')))
            export.state_hint = '\n'.join(filter(None, lines)) or False
