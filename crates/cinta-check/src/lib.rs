//! Claims about derivatives.
