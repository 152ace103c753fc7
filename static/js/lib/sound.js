// @ts-check
/** Good, bad and neutral, for ears and for the hand. Without loudspeaker or motor nothing happens and nothing fails. */

/** @type {AudioContext | null} */
let ears = null;

/** @param {number} hertz @param {number} afterS @param {number} lastsS @param {OscillatorType} shape */
function tone(hertz, afterS, lastsS, shape) {
  if (typeof AudioContext === "undefined") return;
  ears = ears || new AudioContext();
  if (ears.state === "suspended") ears.resume().catch(() => {}); // allowed only after the first touch or key; silent till then
  const source = ears.createOscillator();
  const loudness = ears.createGain();
  const from = ears.currentTime + afterS;
  source.type = shape;
  source.frequency.value = hertz;
  loudness.gain.setValueAtTime(0.5, from);
  loudness.gain.exponentialRampToValueAtTime(0.001, from + lastsS);
  source.connect(loudness).connect(ears.destination);
  source.start(from);
  source.stop(from + lastsS);
}

/** @param {number | number[]} pattern */
function shake(pattern) {
  if (typeof navigator.vibrate === "function") navigator.vibrate(pattern);
}

/** Two rising tones, one short shake. */
export function good() {
  tone(880, 0, 0.12, "sine");
  tone(1320, 0.1, 0.18, "sine");
  shake(60);
}

/** Three low, rough tones, a long shake: unlike `good` also through ear protection. */
export function bad() {
  for (const afterS of [0, 0.22, 0.44]) tone(185, afterS, 0.18, "square");
  shake([220, 80, 220]);
}

/** One tick: nothing changed. */
export function neutral() {
  tone(520, 0, 0.06, "triangle");
  shake(25);
}
