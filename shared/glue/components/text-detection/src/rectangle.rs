//! The smallest rectangle around an outline, turned as it lies.

/// A rectangle that may be turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rectangle {
    /// The corner where both sides begin.
    origin: (f32, f32),
    /// Direction of the first side, of length 1; the second stands at a right angle to it.
    along: (f32, f32),
    length: f32,
    depth: f32,
}

impl Rectangle {
    /// Of all rectangles with one side on a side of the convex hull the one of least area: no other is smaller.
    pub(crate) fn around(outline: &[(f32, f32)]) -> Option<Self> {
        let hull = hull(outline);
        if hull.len() < 3 {
            return None;
        }
        let sides = hull.iter().zip(hull.iter().cycle().skip(1));
        let rectangles = sides.map(|(from, to)| Self::on(*from, *to, &hull));
        rectangles.reduce(|best, next| if next.area() < best.area() { next } else { best })
    }

    fn on(from: (f32, f32), to: (f32, f32), hull: &[(f32, f32)]) -> Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let step = dx.hypot(dy);
        let along = (dx / step, dy / step);
        let places = hull.iter().map(|point| coordinates(*point, from, along));
        let none = (f32::INFINITY, f32::NEG_INFINITY);
        let (first, second) = places.fold((none, none), |(first, second), (along, across)| {
            ((first.0.min(along), first.1.max(along)), (second.0.min(across), second.1.max(across)))
        });
        let origin = place((first.0, second.0), from, along);
        Self { origin, along, length: first.1 - first.0, depth: second.1 - second.0 }
    }

    pub(crate) fn area(&self) -> f32 {
        self.length * self.depth
    }

    pub(crate) fn perimeter(&self) -> f32 {
        2.0 * (self.length + self.depth)
    }

    pub(crate) fn shortest(&self) -> f32 {
        self.length.min(self.depth)
    }

    pub(crate) fn centre(&self) -> (f32, f32) {
        self.place((self.length / 2.0, self.depth / 2.0))
    }

    /// With each side moved outwards.
    pub(crate) fn grown(&self, distance: f32) -> Self {
        let origin = self.place((-distance, -distance));
        Self { origin, length: self.length + 2.0 * distance, depth: self.depth + 2.0 * distance, ..*self }
    }

    /// Whether a point lies within.
    pub(crate) fn holds(&self, point: (f32, f32)) -> bool {
        let (along, across) = coordinates(point, self.origin, self.along);
        (0.0..=self.length).contains(&along) && (0.0..=self.depth).contains(&across)
    }

    /// Clockwise from the one at the top left.
    pub(crate) fn corners(&self) -> [(f32, f32); 4] {
        let (length, depth) = (self.length, self.depth);
        let mut corners = [(0.0, 0.0), (length, 0.0), (length, depth), (0.0, depth)].map(|place| self.place(place));
        let distances = corners.map(|(x, y)| x + y);
        let first = (0..4).reduce(|best, next| if distances[next] < distances[best] { next } else { best });
        corners.rotate_left(first.unwrap_or(0));
        corners
    }

    fn place(&self, coordinates: (f32, f32)) -> (f32, f32) {
        place(coordinates, self.origin, self.along)
    }
}

/// How far a point lies along a direction and to the right of it; y grows downwards.
fn coordinates(point: (f32, f32), origin: (f32, f32), along: (f32, f32)) -> (f32, f32) {
    let (x, y) = (point.0 - origin.0, point.1 - origin.1);
    (x * along.0 + y * along.1, y * along.0 - x * along.1)
}

fn place((first, second): (f32, f32), origin: (f32, f32), along: (f32, f32)) -> (f32, f32) {
    (origin.0 + first * along.0 - second * along.1, origin.1 + first * along.1 + second * along.0)
}

/// The convex hull, by Andrew's monotone chain.
fn hull(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let chain = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut chain: Vec<(f32, f32)> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && (b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0) <= 0.0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut lower = chain(&mut points.iter().copied());
    lower.extend(chain(&mut points.iter().rev().copied()));
    lower
}

#[cfg(test)]
mod tests {
    use super::{Rectangle, hull};

    fn near(found: (f32, f32), expected: (f32, f32)) -> bool {
        (found.0 - expected.0).hypot(found.1 - expected.1) < 1e-3
    }

    #[test]
    fn a_hull_has_no_dents_and_no_needless_corners() {
        let outline = [(0.0, 0.0), (2.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 1.0), (0.0, 3.0)];
        assert_eq!(hull(&outline), [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]);
        assert_eq!(hull(&[(1.0, 1.0), (1.0, 1.0)]), [(1.0, 1.0)]);
    }

    #[test]
    fn a_turned_rectangle_is_found_as_it_lies() {
        // 10 long and 5 deep, turned by atan(3/4).
        let corners = [(10.0, 10.0), (18.0, 16.0), (15.0, 20.0), (7.0, 14.0)];
        let inner = (12.0, 14.0);
        let found = Rectangle::around(&[corners[2], inner, corners[0], corners[3], corners[1]]).unwrap();
        assert!((found.area() - 50.0).abs() < 1e-3 && (found.perimeter() - 30.0).abs() < 1e-3, "{found:?}");
        assert!((found.shortest() - 5.0).abs() < 1e-3 && near(found.centre(), (12.5, 15.0)), "{found:?}");
        for (found, expected) in found.corners().into_iter().zip([corners[0], corners[1], corners[2], corners[3]]) {
            assert!(near(found, expected), "{found:?} is not {expected:?}");
        }
        assert!(found.holds(inner) && !found.holds((9.0, 10.0)));
        let grown = found.grown(5.0);
        assert!((grown.area() - 20.0 * 15.0).abs() < 1e-2 && near(grown.centre(), (12.5, 15.0)), "{grown:?}");
    }

    #[test]
    fn a_line_has_no_rectangle() {
        assert_eq!(Rectangle::around(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(Rectangle::around(&[]), None);
    }
}
