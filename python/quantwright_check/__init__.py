"""The compile check: what is wrong with a project, without running it."""

from .project import check_project

__all__ = ["check_project"]
