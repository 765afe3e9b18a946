from collections.abc import Iterable
from datetime import datetime

from odoo import api, models

from .slice import Slice


class XeroStep(models.AbstractModel):
    """A part of a slice, with its place in the order.

    A step is an abstract model `xero.step.<name>` that inherits this one, in one file. Steps run one after the other in each slice, ordered
    by `_sequence`; the slice commits after each. A step reads the clock (`slice.has_time()`), works in portions, and commits between them
    (`slice.commit()`), so that the next slice goes on where it stopped. What may go wrong with one record belongs into `slice.contain`.

    An error of Xero's (`exceptions.XeroError`) that a step raises ends the slice: it pauses the connection or marks its access as lost. Any
    other error ends the slice as a crash, which is told on the connection.
    """
    _name = 'xero.step'
    _description = "Step of a Xero Slice"

    _sequence = None        # place in the order; None for what is no step itself
    _needs_xero = True      # whether it runs only while Xero may be called

    @api.model
    def _all(self) -> list:
        """Return the steps, as list of empty records of their models, in their order."""
        steps = [self.env[name] for name in self.env.registry.descendants(['xero.step'], '_inherit', '_inherits') if name != 'xero.step']
        return sorted((step for step in steps if step._sequence is not None), key=lambda step: (step._sequence, step._name))

    @api.model
    def _run_slice(self, connection: models.BaseModel) -> None:
        """Run all steps for a connection, for some seconds.

        :param connection: `xero.connection` whose scheduled action runs.
        """
        with Slice(connection) as slice:
            for step in slice.steps():
                step._run(slice)

    def _run(self, slice: Slice) -> None:
        """Do what is to do, as long as there is time.

        :param Slice slice: the run it is part of; `slice.client` calls Xero if the step needs Xero.
        :raise XeroError: as the client does.
        """
        raise NotImplementedError

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        """Yield when there will be something to do for this step (naive UTC); a moment that has passed means now.

        What the step cannot do yet must not be yielded: the next slice would start at once, again and again.

        :param connection: `xero.connection` whose slice ends.
        """
        return ()
