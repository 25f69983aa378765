"""The fonts that digits are drawn with, split by family into train and test.

A family is in one list or the other, never in both, so that accuracy on
``TEST_FAMILIES`` says how well unseen type is read. Metric clones and
derivatives of one design (Lato and Carlito, for instance) count as one family.
"""

import os
from pathlib import Path

FONT_DIRS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

TRAIN_FAMILIES = {
    "DejaVu": ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-ExtraLight", "DejaVuSansCondensed",
               "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono"],
    "Liberation": ["LiberationSans-Regular", "LiberationSans-Bold", "LiberationSans-Italic",
                   "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic",
                   "LiberationMono-Regular"],
    "FreeFont": ["FreeSans", "FreeSerif", "FreeSerifItalic", "FreeMono", "FreeMonoBold"],
    "URW": ["NimbusSansNarrow-Bold", "URWGothic-Book", "URWGothic-Demi", "C059-Roman",
            "C059-Italic", "P052-Roman", "P052-Bold", "Z003-MediumItalic"],
    "Roboto": ["Roboto-Light", "Roboto-Regular", "Roboto-Black", "RobotoCondensed-Bold",
               "RobotoSlab-Light", "RobotoSlab-Regular", "RobotoSlab-Bold"],
    "Inter": ["Inter-Light", "Inter-Regular", "Inter-Black"],
    "Cantarell": ["Cantarell-Regular", "Cantarell-ExtraBold"],
    "Inconsolata": ["Inconsolata"],
    "Hack": ["Hack-Regular"],
    "Quicksand": ["Quicksand-Light", "Quicksand-Bold"],
    "Gentium": ["GenBasR", "GenBkBasB"],
    "Play": ["Play-Regular", "Play-Bold"],
    "Vollkorn": ["Vollkorn-Regular", "Vollkorn-Black"],
    "YanoneKaffeesatz": ["YanoneKaffeesatz-Light", "YanoneKaffeesatz-Bold"],
    "BebasNeue": ["BebasNeue-Book", "BebasNeue-Bold"],
    "DSEG": ["DSEG7Classic-Regular", "DSEG7Classic-Italic", "DSEG7Modern-Bold"],
    "ADF": ["UniversalisADFStd-Regular", "UniversalisADFStd-BoldCond", "LibrisADFStd-Regular",
            "MekanusADFStd-Regular", "MekanusADFStd-Bold", "RomandeADFStd-Regular",
            "BaskervaldADFStd", "BaskervaldADFStd-Heavy"],
    "Junction": ["Junction"],
    "Mononoki": ["mononoki-Regular", "mononoki-Bold"],
    "OCR": ["OCRA", "OCRB"],
    "CourierPrime": ["Courier Prime", "Courier Prime Bold"],
    "Averia": ["AveriaSansGWF-Regular", "AveriaSansGWF-Bold", "AveriaSerifGWF-Regular"],
    "AnonymousPro": ["Anonymous Pro"],
    "Karla": ["Karla-Regular", "Karla-ExtraBold"],
    "NationalPark": ["NationalPark-Regular", "NationalPark-Heavy"],
    "LeagueSpartan": ["LeagueSpartan-Regular", "LeagueSpartan-Black"],
    "Sora": ["Sora-Light", "Sora-Bold"],
    "Century": ["Century-Catalogue"],
    "Essays1743": ["Essays1743"],
    "Dustismo": ["Dustismo", "Dustismo_Roman"],
    "Breip": ["Breip"],
    "HumorSans": ["Humor-Sans"],
    "Kristi": ["Kristi"],
    "Isabella": ["Isabella"],
    "Lobster": ["lobster"],
    "Bajaderka": ["Bajaderka-Regular"],
    "DomesticManners": ["Domestic_Manners"],
    "PenguinAttack": ["PenguinAttack"],
    "ElAbogadoLoco": ["El_Abogado_Loco"],
}

TEST_FAMILIES = {
    "Lato": ["Lato-Light", "Lato-Regular", "Lato-Black", "Carlito-Bold"],
    "OpenSans": ["OpenSans-Light", "OpenSans-Regular", "OpenSans-CondBold"],
    "Caladea": ["Caladea-Regular", "Caladea-Bold"],
    "Bookman": ["URWBookman-Light", "URWBookman-Demi"],
    "Libertine": ["LinLibertine_R", "LinLibertine_RI", "LinBiolinum_R"],
    "Gillius": ["GilliusADF-Regular", "GilliusADF-BoldCond"],
    "Comfortaa": ["Comfortaa-Regular", "Comfortaa-Bold"],
    "Cabin": ["Cabin-Regular", "Cabin-Bold"],
    "Jura": ["Jura-Light", "Jura-Bold"],
    "Fantasque": ["FantasqueSansMono-Regular", "FantasqueSansMono-Bold"],
    "ComicNeue": ["ComicNeue-Regular", "ComicNeue-Bold"],
    "OpenDyslexic": ["OpenDyslexic-Regular"],
    "DancingScript": ["DancingScript-Regular", "DancingScript-Bold"],
    "Rufscript": ["Rufscript010"],
    "Junkyard": ["Junkyard"],
}


def locate(families):
    """Paths of a family table's fonts, in the table's order.

    families: {family: [file name without its ending]}. Returns {file stem: Path}.
    Raises FileNotFoundError that names every font not installed.
    """
    found = {}
    for folder in FONT_DIRS:
        for base, folders, files in os.walk(Path(folder).expanduser()):
            folders.sort()
            for file in sorted(files):
                stem, ending = os.path.splitext(file)
                if ending.lower() in (".ttf", ".otf"):
                    found.setdefault(stem, Path(base) / file)
    wanted = [stem for stems in families.values() for stem in stems]
    missing = [stem for stem in wanted if stem not in found]
    if missing:
        raise FileNotFoundError(
            f"fonts not installed: {', '.join(missing)}; README.md lists the packages")
    return {stem: found[stem] for stem in wanted}
