from . import errors as errors
from . import estimators as estimators
from . import networks as networks
from . import problems as problems
from . import testing as testing
from . import threads as threads
from .compare import compare as compare
from .comparison import Comparison as Comparison
from .derivatives import hessian as hessian
from .derivatives import jacobian as jacobian
from .estimator import Estimator as Estimator
from .measure import MEASURES as MEASURES
from .measure import Measure as Measure
from .model import Model as Model
from .planted import plant as plant
from .problem import Problem as Problem
from .result import Absent as Absent
from .result import Estimate as Estimate
from .result import SensitivityResult as SensitivityResult
from .space import InputSpace as InputSpace
from .truth import Truth as Truth
from .truths.reference import reference as reference

__version__: str
