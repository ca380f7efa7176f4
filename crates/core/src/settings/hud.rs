//! The panel that shows what a dictation does.

use serde::{Deserialize, Serialize};

/// Whether, where and how large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HudSettings {
    /// Whether it is shown at all.
    pub enabled: bool,
    /// Where on the screen.
    pub position: HudPosition,
    /// How large.
    pub size: HudSize,
}

/// Where on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HudPosition {
    /// In the middle of the lower edge.
    #[default]
    Bottom,
    /// In the middle of the upper edge.
    Top,
    /// In the lower left corner.
    BottomLeft,
    /// In the lower right corner.
    BottomRight,
    /// In the upper left corner.
    TopLeft,
    /// In the upper right corner.
    TopRight,
}

impl HudPosition {
    /// Where a picture goes in an area whose upper left corner is (0, 0) and whose y grows downwards: its upper left corner.
    /// All in one unit. `margin` is what stays free to the area's edges; a picture larger than the area begins at the edge.
    pub fn place(self, (width, height): (f64, f64), (area_width, area_height): (f64, f64), margin: f64) -> (f64, f64) {
        let (left, right) = (margin, area_width - width - margin);
        let (top, bottom) = (margin, area_height - height - margin);
        let middle = (area_width - width) / 2.0;
        let (x, y) = match self {
            Self::Bottom => (middle, bottom),
            Self::Top => (middle, top),
            Self::BottomLeft => (left, bottom),
            Self::BottomRight => (right, bottom),
            Self::TopLeft => (left, top),
            Self::TopRight => (right, top),
        };
        (x.max(0.0), y.max(0.0))
    }
}

/// How large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HudSize {
    /// Smaller.
    Small,
    /// As the system writes.
    #[default]
    Medium,
    /// Larger.
    Large,
}

impl HudSize {
    /// What every length is multiplied by.
    pub const fn factor(self) -> f32 {
        match self {
            Self::Small => 0.85,
            Self::Medium => 1.0,
            Self::Large => 1.35,
        }
    }
}

impl Default for HudSettings {
    fn default() -> Self {
        Self { enabled: true, position: HudPosition::default(), size: HudSize::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_position_is_within_the_area() {
        let place = |position: HudPosition| position.place((100.0, 40.0), (1000.0, 500.0), 10.0);
        assert_eq!(place(HudPosition::Bottom), (450.0, 450.0));
        assert_eq!(place(HudPosition::Top), (450.0, 10.0));
        assert_eq!(place(HudPosition::BottomLeft), (10.0, 450.0));
        assert_eq!(place(HudPosition::BottomRight), (890.0, 450.0));
        assert_eq!(place(HudPosition::TopLeft), (10.0, 10.0));
        assert_eq!(place(HudPosition::TopRight), (890.0, 10.0));
        assert_eq!(HudPosition::BottomRight.place((100.0, 40.0), (50.0, 20.0), 10.0), (0.0, 0.0));
    }
}
