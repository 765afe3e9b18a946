"""The rule of branding themes lets branches read those of their parent, as the rules of other reference data do."""

OLD = "[('connection_id.company_ids', 'in', company_ids)]"
NEW = "[('connection_id.company_ids', 'parent_of', company_ids)]"


def migrate(cr, version):
    """Widen the rule, which is `noupdate`, unless an administrator has changed it.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    cr.execute("""
        UPDATE ir_rule SET domain_force = %s FROM ir_model_data data
         WHERE data.module = 'account_xero' AND data.name = 'xero_branding_theme_rule_company' AND data.model = 'ir.rule'
           AND ir_rule.id = data.res_id AND btrim(ir_rule.domain_force) = %s""", [NEW, OLD])
