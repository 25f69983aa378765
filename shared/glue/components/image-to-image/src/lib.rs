//! The standard glue for pictures made of the photo: in another style, with more pixels, with more light.

mod luma;

use vision_glue_common::{
    bindings::{Guest, Value, export},
    manifest::{Channels, Fit, Head},
    model::Net,
    photo, picture,
};

struct ImageToImage;
export!(ImageToImage with_types_in vision_glue_common::bindings);

impl Guest for ImageToImage {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Stretch)?;
        let answers = net.compute(&seen)?;
        let [answer] = &answers[..] else {
            let expected = "one output, or Output.Name to say which of them is the picture";
            return Err(net.misfit("of image-to-image", expected, &answers));
        };
        let steps = net.output.steps(&net.input);
        let made = match net.output.head.unwrap_or(Head::Picture) {
            Head::Picture => {
                // What came in as BGR goes out as BGR, unless the manifest knows better.
                let channels = if net.frame.channels == Channels::Bgr { Channels::Bgr } else { Channels::Rgb };
                picture::of_answer(answer, &net.output, steps, channels)
            }
            Head::Luma => luma::recoloured(&seen.picture, answer, &steps),
            other => return Err(format!("the head {other:?} is not one of image-to-image")),
        };
        let made = made.map_err(|fault| net.remark(&format!("output “{}”: {fault}", answer.name)))?;
        Ok(vec![("picture".to_owned(), Value::Picture(picture::restored(made, &seen.view, net.frame)?))])
    }
}
