"""The rules that come with metta-lint: one file each, found through the entry point ``metta_lint.rules``."""

from metta_lint_rules.agent_count_drift import AgentCountDrift
from metta_lint_rules.annealing_past_the_end import AnnealingPastTheEnd
from metta_lint_rules.batch_composition_drift import BatchCompositionDrift
from metta_lint_rules.batch_size_drift import BatchSizeDrift
from metta_lint_rules.bucket_form import BucketForm
from metta_lint_rules.byte_limits import ByteLimits
from metta_lint_rules.dangling_default import DanglingDefault
from metta_lint_rules.dangling_env import DanglingEnv
from metta_lint_rules.dangling_file import DanglingFile
from metta_lint_rules.dangling_target import DanglingTarget
from metta_lint_rules.dead_advantages import DeadAdvantages
from metta_lint_rules.default_drift import DefaultDriftRule
from metta_lint_rules.enum_value import EnumValue
from metta_lint_rules.env_count_drift import EnvCountDrift
from metta_lint_rules.env_key_refused import EnvKeyRefused
from metta_lint_rules.env_unregistered import EnvUnregistered
from metta_lint_rules.frozen_casts import FrozenCasts
from metta_lint_rules.group_ids import GroupIds
from metta_lint_rules.horizon_drift import HorizonDrift
from metta_lint_rules.hyperparameter_drift import HyperparameterDrift
from metta_lint_rules.ignored_key import IgnoredKeyRule
from metta_lint_rules.lost_remainder import LostRemainder
from metta_lint_rules.map_agents import MapAgents
from metta_lint_rules.map_shape import MapShape
from metta_lint_rules.minibatch_size_drift import MinibatchSizeDrift
from metta_lint_rules.nan_update import NanUpdate
from metta_lint_rules.optimizer_steps_drift import OptimizerStepsDrift
from metta_lint_rules.overlap_drift import OverlapDrift
from metta_lint_rules.override_reaches_nothing import OverrideReachesNothing
from metta_lint_rules.reward_drift import RewardDrift
from metta_lint_rules.sampling_centre import SamplingCentre
from metta_lint_rules.serial_runs_fewer import SerialRunsFewer
from metta_lint_rules.short_episode import ShortEpisode
from metta_lint_rules.small_map import SmallMap
from metta_lint_rules.summed_gradients import SummedGradients
from metta_lint_rules.sweep_domain import SweepDomain
from metta_lint_rules.sweep_empty_range import SweepEmptyRange
from metta_lint_rules.sweep_field_missing import SweepFieldMissing
from metta_lint_rules.sweep_mean_outside import SweepMeanOutside
from metta_lint_rules.sweep_reaches_refusal import SweepReachesRefusal
from metta_lint_rules.sweep_reaches_waste import SweepReachesWaste
from metta_lint_rules.sweep_stops import SweepStops
from metta_lint_rules.sweep_unknown_key import SweepUnknownKey
from metta_lint_rules.sweep_unknown_word import SweepUnknownWord
from metta_lint_rules.text_for_value import TextForValue
from metta_lint_rules.total_agents_drift import TotalAgentsDrift
from metta_lint_rules.trainer_refuses import TrainerRefuses
from metta_lint_rules.training_length_drift import TrainingLengthDrift
from metta_lint_rules.undeclared_object import UndeclaredObject
from metta_lint_rules.unknown_game_key import UnknownGameKey
from metta_lint_rules.unknown_item import UnknownItem
from metta_lint_rules.unreachable_interval import UnreachableInterval
from metta_lint_rules.update_epochs_drift import UpdateEpochsDrift
from metta_lint_rules.wasted_rollout import WastedRollout
from metta_lint_rules.worker_drift import WorkerDrift

RULES = [
    AgentCountDrift(),
    EnvCountDrift(),
    TotalAgentsDrift(),
    WorkerDrift(),
    OverlapDrift(),
    BatchSizeDrift(),
    MinibatchSizeDrift(),
    HorizonDrift(),
    UpdateEpochsDrift(),
    OptimizerStepsDrift(),
    BatchCompositionDrift(),
    TrainingLengthDrift(),
    HyperparameterDrift(),
    RewardDrift(),
    TrainerRefuses(),
    WastedRollout(),
    LostRemainder(),
    UnreachableInterval(),
    FrozenCasts(),
    NanUpdate(),
    SummedGradients(),
    SerialRunsFewer(),
    DeadAdvantages(),
    AnnealingPastTheEnd(),
    TextForValue(),
    IgnoredKeyRule(),
    DefaultDriftRule(),
    EnvKeyRefused(),
    EnvUnregistered(),
    SamplingCentre(),
    MapAgents(),
    UnknownItem(),
    UndeclaredObject(),
    GroupIds(),
    ByteLimits(),
    ShortEpisode(),
    SmallMap(),
    MapShape(),
    EnumValue(),
    UnknownGameKey(),
    BucketForm(),
    DanglingDefault(),
    DanglingEnv(),
    DanglingFile(),
    DanglingTarget(),
    OverrideReachesNothing(),
    SweepFieldMissing(),
    SweepUnknownWord(),
    SweepEmptyRange(),
    SweepMeanOutside(),
    SweepDomain(),
    SweepUnknownKey(),
    SweepReachesRefusal(),
    SweepStops(),
    SweepReachesWaste(),
]

__all__ = ["RULES"]
