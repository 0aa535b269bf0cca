package optimize

// All optimizers, in the order in which those of one kind run.
var All = []*Optimizer{JPEG, PNG, GIF, WebP, AVIF, OtherImage, Font, MP4, SVG, CSS, JS, HTML, JSON, XML}
