"""The descendants of a model that have a place in an order: kinds, steps, feeds and their consumers."""


def ordered_descendants(registry, base):
    """Return the names (list) of the models that inherit a base model and have a `_sequence`, in its order.

    :param registry: of the database.
    :param str base: name of the base model.
    """
    found = [(registry[name]._sequence, name) for name in registry.descendants([base], '_inherit')]
    return [name for _sequence, name in sorted(pair for pair in found if pair[0] is not None)]
