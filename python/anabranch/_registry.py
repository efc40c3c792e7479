"""Entity classes by name."""

from anabranch import _mode
from anabranch.errors import AnabranchError

# In plain mode several classes may share a name, as the test modules of one pytest run do; only a
# look-up must then know which is meant. By name, then by module and qualified name.
_classes: dict[str, dict[str, type]] = {}


def register(cls: type) -> None:
    """Makes `cls` known. The same class again, as after a reload, replaces its predecessor."""
    same_name = _classes.setdefault(cls.__name__, {})
    place = _place(cls)
    if _mode.mode() == "engine" and any(other != place for other in same_name):
        raise _ambiguous(cls.__name__, [*same_name, place])
    same_name[place] = cls


def entity_class(name: str) -> type:
    """The entity class called `name`."""
    same_name = _classes.get(name)
    if same_name is None:
        raise AnabranchError(
            f"no entity class is called {name}; import the module that defines it first"
        )
    if len(same_name) > 1:
        raise _ambiguous(name, list(same_name))
    return next(iter(same_name.values()))


def is_entity_class(cls: object) -> bool:
    """Whether `cls` was decorated with `@entity`."""
    return isinstance(cls, type) and "__anabranch_entity__" in vars(cls)


def checked_class(cls: object, function: str) -> type:
    """Returns `cls` if it is an entity class, for the argument of `function`."""
    if isinstance(cls, type):
        if is_entity_class(cls):
            return cls
        raise TypeError(f"{function}() needs an entity class; {cls.__name__} has no @entity")
    raise TypeError(f"{function}() needs an entity class, not {type(cls).__name__}")


def _place(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _ambiguous(name: str, places: list[str]) -> AnabranchError:
    return AnabranchError(
        f"two entity classes are called {name}: {' and '.join(places)}; rename one of them, "
        "because entities are found by the name of their class"
    )
