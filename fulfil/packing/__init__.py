"""Packing (打包): picked goods leave their totes for bags, one temperature each, labelled and sealed."""
