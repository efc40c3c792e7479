from anabranch import delete, entity, exists, ref
from tools import Context, Failure, Local, Truth, shown, tell

@entity
class E0:

    def __init__(self, name: 0, n=1):
        pass

    def __key__(self) -> 0:
        return 0

    def m1(self, a: 0, b: 0, i8, u=0, i9=2, deep=0):
        try:
            raise ValueError
        except ValueError:
            i0 = b.m0
        finally:
            if i0 > 2:
                pass

def attempt(name, call):
    try:
        call()
    except Exception as error:
        print('error', shown(error))

def main():
    everything = [0, 0, 0, E0(1)]
    attempt(0, lambda: everything[3].m1(0, 0, 1))
