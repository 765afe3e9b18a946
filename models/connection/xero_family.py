from odoo import api, models, tools


class XeroFamily(models.AbstractModel):
    """Base of the models whose descendants are listed in an order: kinds, steps, feeds and their consumers."""
    _name = 'xero.family'
    _description = "Ordered Family of Models"

    _family = None      # name of the family's first model
    _sequence = None    # position in the order; None for base models

    @api.model
    def _all(self) -> list:
        """Return a list of the members of the family (empty records of their models), in their order: the same on each member."""
        return [self.env[name] for name in self._all_names()]

    @api.model
    @tools.ormcache()
    def _all_names(self) -> list:
        registry = self.env.registry
        found = [(registry[name]._sequence, name) for name in registry.descendants([self._family], '_inherit')]
        return [name for _sequence, name in sorted(pair for pair in found if pair[0] is not None)]
