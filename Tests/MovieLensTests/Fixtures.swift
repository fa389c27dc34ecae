/// Made-up data sets, one a layout. No line of them is from MovieLens.
enum Fixtures {
    static let doubleColon = [
        "movies.dat": """
        1::Café Amber (1995)::Comedy|Drama
        2::Silent Lantern, The (1931)::Film-Noir
        7::No Year At All::unknown

        """,
        "users.dat": """
        1::F::1::10::12345
        2::M::56::20::98765-4321

        """,
        "ratings.dat": """
        1::1::5::1000
        1::2::3::900
        2::1::1::900

        """,
    ]

    static let commaSeparated = [
        "movies.csv": """
        movieId,title,genres
        1,Café Amber (1995),Comedy|Drama
        2,"Silent Lantern, The (1931)",Film-Noir
        3,"The ""Quoted"" One (2003)",(no genres listed)
        4,"Serial, A (2016–2019)",Sci-Fi

        """,
        "ratings.csv": """
        userId,movieId,rating,timestamp
        1,1,4.5,1000
        1,2,0.5,900
        2,1,5.0,900

        """,
    ]

    static let original100K = [
        "u.genre": """
        unknown|0
        Action|1
        Comedy|2


        """,
        "u.item": """
        1|Café Amber (1995)|01-Jan-1995||http://example.org/?title=1|0|1|1
        2|Nowhere (1971)|||http://example.org|1|0|0

        """,
        "u.user": """
        1|24|M|technician|85711
        2|53|F|none|T8H1N

        """,
        "u.data": "1\t1\t5\t1000\n1\t2\t3\t900\n2\t1\t1\t900\n",
    ]
}
