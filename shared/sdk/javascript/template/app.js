// Tells how bright a photo is: a small app to begin with.

import { app } from "vision-app";

// Inputs by the names of AppParameters in app.json, results by those of ResultVariables.
export const run = app(({ Image: photo }) => {
    console.log(`the photo has ${photo.width} x ${photo.height} pixels`);
    // Numbers 0 to 1, three per pixel; a model would be given this tensor.
    const tensor = photo.resize(8, 8).toTensor();
    const brightness = percent(tensor.numbers());
    return { brightness, answer: brightness < 50 ? "rather dark" : "rather bright" };
});

// The mean, in whole percent.
function percent(numbers) {
    const sum = numbers.reduce((sum, number) => sum + number, 0);
    return Math.round((sum / Math.max(numbers.length, 1)) * 100);
}
