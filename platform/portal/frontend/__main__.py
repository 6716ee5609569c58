from portal.frontend.making import main

if __name__ == "__main__":
    raise SystemExit(main())
