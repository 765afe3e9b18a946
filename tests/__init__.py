from .addon import *
from .sandbox import *
from .tours import *
from .unit import *
