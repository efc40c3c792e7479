def tell(place, value=0):
    pass

def shown(error, depth=3):
    if isinstance(error, NameError):
        return 'NameError'
    return f'{error!r}'

class Context:
    pass

class Truth:
    pass

class Failure(Exception):
    pass

class Local:
    pass
