//! The arithmetic of the chain: from scores of words and of steps between labels to the probability of
//! every label at every word (forward and backward sums, in linear space with a scale a word).

/// Labels: outside, then begin and go on for person, organisation, place.
pub const LABELS: usize = 7;
/// Words taken together at most; a longer line is cut.
pub const LONGEST: usize = 512;

/// Scores of steps from one label to the next; the last row is the step into the first word.
pub type Steps = [[f32; LABELS]; LABELS + 1];

/// Whether the label may follow: going on needs the same name before it.
#[must_use]
pub fn may_follow(before: usize, label: usize) -> bool {
    label == 0 || label % 2 == 1 || before == label || before + 1 == label
}

/// The probability of every label at every word.
#[must_use]
pub fn marginals(scores: &[[f32; LABELS]], steps: &Steps) -> Vec<[f32; LABELS]> {
    let mut sums = Vec::with_capacity(scores.len());
    let linear = steps.map(|row| row.map(f32::exp));
    forward(scores, &linear, &mut sums);
    let mut after = [1.0_f32; LABELS];
    for index in (0..scores.len()).rev() {
        let mut total = 0.0;
        if let Some(here) = sums.get_mut(index) {
            for (value, back) in here.iter_mut().zip(after) {
                *value *= back;
                total += *value;
            }
            let total = total.max(f32::MIN_POSITIVE);
            here.iter_mut().for_each(|value| *value /= total);
        }
        let Some(own) = scores.get(index) else { break };
        after = back_step(own, &linear, &after);
    }
    sums
}

/// Exponentiated scores of one word, the greatest 1.
fn lifted(own: &[f32; LABELS]) -> ([f32; LABELS], f32) {
    let most = own.iter().copied().fold(f32::MIN, f32::max);
    (own.map(|score| (score - most).exp()), most)
}

/// The forward sums, normalised at each word, and the logarithm of their product.
fn forward(scores: &[[f32; LABELS]], linear: &Steps, out: &mut Vec<[f32; LABELS]>) -> f64 {
    let mut log = 0.0_f64;
    let mut before: Option<[f32; LABELS]> = None;
    for own in scores {
        let (own, most) = lifted(own);
        let mut now = [0.0_f32; LABELS];
        for (label, value) in now.iter_mut().enumerate() {
            let into: f32 = match &before {
                None => linear[LABELS][label] * f32::from(may_follow(0, label)),
                Some(before) => (0..LABELS)
                    .filter(|from| may_follow(*from, label))
                    .map(|from| before[from] * linear[from][label])
                    .sum(),
            };
            *value = into * own[label];
        }
        let total: f32 = now.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        now.iter_mut().for_each(|value| *value /= total);
        log += f64::from(total.ln() + most);
        out.push(now);
        before = Some(now);
    }
    log
}

fn back_step(own: &[f32; LABELS], linear: &Steps, after: &[f32; LABELS]) -> [f32; LABELS] {
    let (own, _) = lifted(own);
    let mut before = [0.0_f32; LABELS];
    for (from, value) in before.iter_mut().enumerate() {
        *value = (0..LABELS)
            .filter(|label| may_follow(from, *label))
            .map(|label| linear[from][label] * own[label] * after[label])
            .sum();
    }
    let total: f32 = before.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    before.map(|value| value / total)
}

/// For the trainer: the probability of every label at every word, of every step, and the logarithm of
/// the sum over all label sequences.
#[must_use]
pub fn expectations(scores: &[[f32; LABELS]], steps: &Steps) -> (Vec<[f32; LABELS]>, Steps, f64) {
    let mut sums = Vec::with_capacity(scores.len());
    let linear = steps.map(|row| row.map(f32::exp));
    let log = forward(scores, &linear, &mut sums);
    let mut expected: Steps = [[0.0; LABELS]; LABELS + 1];
    let mut after = [1.0_f32; LABELS];
    let mut out = sums.clone();
    for index in (0..scores.len()).rev() {
        let here = &mut out[index];
        for (value, back) in here.iter_mut().zip(after) {
            *value *= back;
        }
        let total = here.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        here.iter_mut().for_each(|value| *value /= total);
        if index == 0 {
            expected[LABELS] = *here;
            break;
        }
        let (own, _) = lifted(&scores[index]);
        let before = sums[index - 1];
        let mut pair = [[0.0_f32; LABELS]; LABELS];
        let mut total = 0.0;
        for from in 0..LABELS {
            for label in (0..LABELS).filter(|label| may_follow(from, *label)) {
                let value = before[from] * linear[from][label] * own[label] * after[label];
                pair[from][label] = value;
                total += value;
            }
        }
        let total = total.max(f32::MIN_POSITIVE);
        for from in 0..LABELS {
            for label in 0..LABELS {
                expected[from][label] += pair[from][label] / total;
            }
        }
        after = back_step(&scores[index], &linear, &after);
    }
    (out, expected, log)
}
