from .published import evaluate_published as evaluate_published
from .record import ComparedCheck as ComparedCheck
from .record import Evaluation as Evaluation
from .record import MeasureResult as MeasureResult
from .record import MeasureRow as MeasureRow
from .storage import load_evaluation as load_evaluation
from .storage import save_evaluation as save_evaluation
from .with_evidence import EvidenceResult as EvidenceResult
