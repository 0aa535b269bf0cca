package bundle

// All combiners, in the order in which those of one rank run.
var All = []*Combiner{Lossy, Pictures, FontSubset, Sprites, Serve, ImageSet, FontFaces, UnusedCSS, Drawings, CombineCSS, CombineJS, CombineModules, Picture, PictureSources, ImageSetInline, Dimensions, Media, Placeholder, Join, JoinModules, Empty, Inline, InlinePictures, CriticalCSS, ModulePreload, Preload, FontPreload, Preconnect, RUM}
