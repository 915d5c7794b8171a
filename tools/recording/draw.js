// Draws a recording of a terminal (asciicast) as an animated SVG.
//
// usage: node tools/recording/draw.js RECORDING SVG
"use strict";
const { readFileSync, writeFileSync } = require("node:fs");
const { render } = require("svg-term");

// A still terminal is cut to this; a reader needs no more for one line.
const IDLE_MILLISECONDS = 1000;
// Each frame repeats every line that is on the screen: more of them make the file large, and nothing clearer.
const FRAMES_PER_SECOND = 2;

const [recording, drawing] = process.argv.slice(2);
const options = { window: true, idle: IDLE_MILLISECONDS, fps: FRAMES_PER_SECOND };
writeFileSync(drawing, `${render(readFileSync(recording, "utf8"), options)}\n`);
