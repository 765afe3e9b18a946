from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.xero_money import dumps


class XeroMappedTracking(models.AbstractModel):
    """Analytic accounts, which become options of the tracking category of their plan."""
    _name = 'xero.mapped.tracking'
    _inherit = 'xero.mapped'
    _description = "Analytic Account Mapped to Xero"

    _source_field = 'analytic_account_id'
    _target_field = 'xero_tracking_option_id'
    _suggestion_field = 'suggested_tracking_option_id'
    _cause = 'tracking'
    _source_depends = ('analytic_account_id.name',)
    _domain_depends = (
        'analytic_account_id.root_plan_id', 'connection_id.tracking_category_1_id', 'connection_id.tracking_category_2_id',
        'connection_id.tracking_plan_1_id', 'connection_id.tracking_plan_2_id')
    _usable_depends = ('xero_tracking_option_id.category_xero_id',)
    _reference_list = 'tracking'
    _answer_list = 'Options'

    def _likeness(self, mapping):
        return (self._category(mapping).name, mapping.source_name)

    def _line_condition(self, mapping):
        # As Odoo's own index on it: an item may have several accounts in one key
        return SQL(
            r"""%s = ANY(regexp_split_to_array(jsonb_path_query_array(line.analytic_distribution, '$.keyvalue()."key"')::text, '\D+'))""",
            str(mapping.analytic_account_id.id))

    # === IN XERO === #

    def _category(self, mapping, connection=None):
        """Return the tracking category in a connection for the plan of the analytic account, or an empty record.

        :param connection: the row's own if None.
        """
        return (connection or mapping.connection_id)._tracked().get(
            mapping.analytic_account_id.root_plan_id, self.env['xero.tracking.category'])

    def _target_domain(self, mapping, connection):
        return Domain('category_xero_id', '=', self._category(mapping, connection).xero_id)

    # === DECISIONS === #

    def _decide(self, mappings):
        """Set the option with the same name. Xero compares names without regard to case."""
        for mapping in mappings:
            key = mapping.analytic_account_id.name.strip().casefold()
            options = self.env['xero.tracking.option'].search(mapping._target_domain())
            same = options.grouped(lambda option: option.name.casefold()).get(key, ())
            if len(same) == 1:
                mapping._set_target(same, 'same_name')

    @api.model
    def _reset_moved(self, connections):
        """Remove decisions for options that are not in the plan's category any more, and decide these rows by equal names again."""
        rows = self.env['xero.mapping'].sudo().search([('connection_id', 'in', connections.ids), ('type', '=', 'tracking')])
        moved = rows.filtered(lambda row: row.xero_tracking_option_id.category_xero_id != self._category(row).xero_id)
        moved.write({'xero_tracking_option_id': False, 'decided_by': False, 'decided_by_id': False, 'decided_at': False})
        self._decide(moved)

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        return self.env._(
            "%(item)s has no tracking option in Xero yet. Choose it in the mapping of %(connection)s, or create it there; the "
            "document is then sent automatically.", **names)

    # === CREATION IN XERO === #

    def _can_create(self, mapping):
        return bool(self._category(mapping).xero_id)

    def _prepare_creation(self, mapping, name):
        return {'Name': name}

    def _creation_request(self, mapping):
        return f'TrackingCategories/{self._category(mapping).xero_id}/Options', dumps(mapping.creation)

    def _creation_details(self, mapping, element):
        return [self.env._("An option of the tracking category %(category)s", category=self._category(mapping).name)]
